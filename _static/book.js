/* Runs on every page, for four things. A page opened as a file may not read the pages that a search has found, so it
 * lists them without an excerpt. A page printed in the dark theme is printed in the light one. And a formula that is
 * wider than the page scrolls in its own box, which is made reachable by keyboard, as the theme does it for code. And
 * who has followed a link into the middle of a page is still there when the formulas above it have got their height. */
(() => {
  "use strict";
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  /* Paper is white. */
  const page = document.documentElement;
  let chosen;
  window.addEventListener("beforeprint", () => {
    chosen = page.dataset.theme;
    page.dataset.theme = "light";
  });
  window.addEventListener("afterprint", () => {
    page.dataset.theme = chosen;
  });

  /* Where the link led to, until the reader moves. */
  let waiting = true;
  const letGo = () => {
    waiting = false;
  };
  for (const move of ["wheel", "touchmove", "pointerdown", "keydown", "hashchange"]) {
    window.addEventListener(move, letGo, { once: true, passive: true });
  }
  const goBack = () => {
    if (waiting) document.querySelector(":target")?.scrollIntoView();
  };

  const makeReachable = () => {
    for (const formula of document.querySelectorAll('mjx-container[display="true"]')) {
      if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
      else formula.removeAttribute("tabindex");
    }
  };
  window.addEventListener("load", async () => {
    await window.MathJax?.startup?.promise;
    makeReachable();
    goBack();
    await document.fonts.ready;
    makeReachable();
    goBack();
    window.addEventListener("resize", makeReachable);
  });
})();
