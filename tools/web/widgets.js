/* Puts the book's sliders into its pages. Loaded only by pages that hold a widget; the widget manager itself, which has
 * 3.6 MB, is fetched when the first slider comes near the visible part of the page. Nothing comes from another host. */
(() => {
  "use strict";
  const VENDOR = new URL("../", document.currentScript.src);
  const NEAR = "600px";
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';

  const loadScript = (path) =>
    new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = new URL(path, VENDOR).href;
      script.onload = resolve;
      script.onerror = () => reject(new Error(`could not load ${script.src}`));
      document.head.append(script);
    });

  /* Widgets typeset their labels by MathJax 2's interface. */
  const giveMathJaxItsQueue = () => {
    const mathjax = (window.MathJax = window.MathJax || {});
    mathjax.Hub = mathjax.Hub || {
      Queue: (command) => mathjax.typesetPromise && mathjax.typesetPromise([command[2]]),
    };
  };

  let manager;
  const loadManager = async () => {
    window.require = { baseUrl: VENDOR.href };
    window.__jupyter_widgets_assets_path__ = new URL("@jupyter-widgets/html-manager/dist/", VENDOR).href;
    await loadScript("requirejs/require.js");
    await loadScript("@jupyter-widgets/html-manager/dist/libembed-amd.js");
    giveMathJaxItsQueue();
    /* The theme's icons are drawn by now. Those of widgets (Play) break when FontAwesome replaces them by drawings. */
    window.FontAwesome?.noAuto?.();
    const { HTMLManager } = await new Promise((resolve, reject) =>
      window.require(["@jupyter-widgets/html-manager"], resolve, reject),
    );
    const htmlManager = new HTMLManager({
      loader: (name) => Promise.reject(new Error(`the book has no widget module ${name}`)),
    });
    await htmlManager.set_state(JSON.parse(document.querySelector(STATE).textContent));
    return htmlManager;
  };

  /* Resolves when a widget has drawn its slider and its frames, which it does piece by piece. */
  const drawn = (box) =>
    new Promise((resolve) => {
      const look = () => {
        const images = [...box.querySelectorAll("img")];
        if (!box.querySelector(".noUi-handle, select, button") || !images.length) return false;
        observer.disconnect();
        resolve(Promise.all(images.map((image) => image.decode().catch(() => {}))));
        return true;
      };
      const observer = new MutationObserver(look);
      if (!look()) observer.observe(box, { childList: true, subtree: true });
    });

  /* ipywidgets gives a slider's handle no name and only a number for a value. The readout beside it is a text field
   * that would be a second, nameless stop for the keyboard, although the arrow keys do all that it can do. */
  const nameControls = (box) => {
    for (const row of box.querySelectorAll(".widget-inline-hbox")) {
      const label = row.querySelector(".widget-label");
      const readout = row.querySelector(".widget-readout");
      label?.removeAttribute("title");
      for (const handle of row.querySelectorAll(".noUi-handle")) {
        if (label?.textContent.trim()) handle.setAttribute("aria-label", label.textContent.trim());
        if (!readout) continue;
        const tellValue = () => handle.setAttribute("aria-valuetext", readout.textContent);
        new MutationObserver(tellValue).observe(readout, { childList: true, characterData: true, subtree: true });
        tellValue();
      }
      readout?.removeAttribute("contenteditable");
      readout?.removeAttribute("tabindex");
    }
  };

  /* A readout as wide as its longest text, so that the slider beside it keeps its length while it moves. */
  const reserveReadouts = async (model, box) => {
    const labels = (await Promise.all(model.get("children") || [])).flatMap((child) => child.get("_options_labels") || []);
    const longest = Math.max(0, ...labels.map((label) => label.length));
    for (const readout of box.querySelectorAll(".widget-readout")) readout.style.setProperty("--longest", `${longest + 1}ch`);
  };

  const show = async (place) => {
    const script = place.querySelector(VIEW);
    manager = manager || loadManager();
    const htmlManager = await manager;
    const model = await htmlManager.get_model(JSON.parse(script.textContent).model_id);
    const view = await htmlManager.create_view(model);
    const box = document.createElement("div");
    box.className = "flipbook-widget";
    script.before(box);
    await htmlManager.display_view(view, box);
    await drawn(box);
    nameControls(box);
    await reserveReadouts(model, box);
    place.classList.add("flipbook-ready");
  };

  const places = [...document.querySelectorAll(VIEW)].map((script) => script.parentElement);
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((each) => each.isIntersecting)) {
        observer.unobserve(entry.target);
        show(entry.target).catch((error) => console.error("A slider of this page could not be shown:", error));
      }
    },
    { rootMargin: NEAR },
  );
  for (const place of places) observer.observe(place);
})();
