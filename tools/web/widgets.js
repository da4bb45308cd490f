/* Puts the book's sliders and buttons into its pages. Loaded only by pages that hold a widget; the widget manager itself,
 * which has 3.6 MB, is fetched when the first widget comes near the visible part of the page. Nothing comes from another
 * host. */
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

  const state = JSON.parse(document.querySelector(STATE).textContent);

  /* What a widget is made of: its controls, from the first to the last, and below them the stack of frames. */
  const controlsOf = (place) => {
    const { model_id: id } = JSON.parse(place.querySelector(VIEW).textContent);
    const parts = state.state[id].state.children.map((child) => state.state[child.replace("IPY_MODEL_", "")]);
    return parts.filter((part) => part.state._options_labels);
  };

  /* Before any widget is drawn its controls have their room above the still, and the stack has the still's shape. */
  const reserveRoom = (place) => {
    const still = place.querySelector(".flipbook-still");
    const choices = controlsOf(place).filter((control) => control.model_name === "ToggleButtonsModel").length;
    place.style.setProperty("--choices", choices);
    place.style.setProperty("--sliders", controlsOf(place).length - choices);
    place.style.setProperty("--frame", `${still.getAttribute("width")} / ${still.getAttribute("height")}`);
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
    await htmlManager.set_state(state);
    return htmlManager;
  };

  /* Resolves when a widget has drawn all its controls and its frame, which it does piece by piece. */
  const drawn = (box, controls) =>
    new Promise((resolve) => {
      const look = () => {
        const images = [...box.querySelectorAll("img")];
        const ready = box.querySelectorAll(".noUi-handle, .widget-toggle-button:first-child").length;
        if (ready < controls.length || !images.length) return false;
        observer.disconnect();
        resolve(Promise.all(images.map((image) => image.decode().catch(() => {}))));
        return true;
      };
      const observer = new MutationObserver(look);
      if (!look()) observer.observe(box, { childList: true, subtree: true });
    });

  /* ipywidgets gives a slider's handle no name and only a number for a value. The readout beside it is a text field
   * that would be a second, nameless stop for the keyboard, although the arrow keys do all that it can do. It gets the
   * width of its longest text, so that the slider beside it keeps its length while it moves. */
  const nameSlider = (row, name, texts) => {
    const handle = row.querySelector(".noUi-handle");
    const readout = row.querySelector(".widget-readout");
    handle.setAttribute("aria-label", name);
    const tellValue = () => handle.setAttribute("aria-valuetext", readout.textContent);
    new MutationObserver(tellValue).observe(readout, { childList: true, characterData: true, subtree: true });
    tellValue();
    readout.removeAttribute("contenteditable");
    readout.removeAttribute("tabindex");
    const longest = Math.max(...texts.map((text) => text.length));
    readout.style.setProperty("--longest", `${longest + 1}ch`);
  };

  /* Nor does it say that its buttons belong together, and which of them is pressed only by a class. */
  const nameButtons = (row, name) => {
    const buttons = [...row.querySelectorAll("button")];
    const group = buttons[0].parentElement;
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", name);
    const tellPressed = () => {
      for (const button of buttons) button.setAttribute("aria-pressed", button.classList.contains("mod-active"));
    };
    new MutationObserver(tellPressed).observe(group, { attributeFilter: ["class"], subtree: true });
    tellPressed();
  };

  const nameControls = (box, controls) => {
    const rows = [...box.querySelectorAll(".widget-vbox > *")].slice(0, controls.length);
    const labels = rows.map((row) => row.querySelector(".widget-label"));
    for (const [index, { state: control }] of controls.entries()) {
      labels[index].removeAttribute("title");
      if (control._view_name === "ToggleButtonsView") nameButtons(rows[index], control.description);
      else nameSlider(rows[index], control.description, control._options_labels);
    }
    box.style.setProperty("--label", `${Math.max(...labels.map((label) => label.offsetWidth))}px`);
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
    const controls = controlsOf(place);
    await drawn(box, controls);
    nameControls(box, controls);
    place.classList.add("flipbook-ready");
  };

  const places = [...document.querySelectorAll(VIEW)].map((script) => script.parentElement);
  const observer = new IntersectionObserver(
    (entries) => {
      for (const entry of entries.filter((each) => each.isIntersecting)) {
        observer.unobserve(entry.target);
        show(entry.target).catch((error) => console.error("A widget of this page could not be shown:", error));
      }
    },
    { rootMargin: NEAR },
  );
  for (const place of places) {
    reserveRoom(place);
    observer.observe(place);
  }
})();
