/* The what-if beside the pictures: numbers of the sliders, the new answer on the picture, opening and closing. */
(() => {
  "use strict";
  let ending = new AbortController();
  const start = () => {
    ending.abort();
    ending = new AbortController();
    const { signal } = ending;
    const panel = document.getElementById("whatif");
    const stage = document.getElementById("stage");
    if (!panel || !stage) return;
    const layer = stage.querySelector(".picture-before .g-whatif");
    const draw = () => {
      const shapes = panel.querySelector(".whatif-shapes");
      layer.replaceChildren(...[...(shapes?.children ?? [])].map((shape) => shape.cloneNode()));
    };
    panel.addEventListener("input", (event) => {
      const shown = panel.querySelector(`output[for="${event.target.id}"]`);
      if (shown) shown.value = event.target.value;
    });
    document.addEventListener("htmx:afterSwap", (event) => {
      if (!panel.contains(event.target)) return;
      draw();
      if (event.target === panel) panel.querySelector("input[type=range]")?.focus({ preventScroll: true });
    }, { signal });
    const close = (address) => {
      panel.replaceChildren();
      draw();
      history.replaceState(history.state, "", address);
    };
    document.addEventListener("click", (event) => {
      const end = event.target.closest(".whatif-close, .whatif-open");
      const isOpen = panel.firstElementChild;
      if (!end || !isOpen || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      close(panel.querySelector(".whatif-close").href);
    }, { capture: true, signal });
  };
  start();
  document.addEventListener("stage:load", start); // another case was put in the place of this one
})();
