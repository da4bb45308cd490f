/* Runs on every page. A page opened as a file may not read the pages it found, so a search there lists them without an
 * excerpt. A formula that is wider than the page scrolls in its own box; here that box becomes reachable by
 * keyboard, as the theme does it for code and tables. */
(() => {
  "use strict";
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  const makeReachable = () => {
    for (const formula of document.querySelectorAll('mjx-container[display="true"]')) {
      if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
      else formula.removeAttribute("tabindex");
    }
  };
  window.addEventListener("load", async () => {
    await window.MathJax?.startup?.promise;
    makeReachable();
    await document.fonts.ready;
    makeReachable();
    window.addEventListener("resize", makeReachable);
  });
})();
