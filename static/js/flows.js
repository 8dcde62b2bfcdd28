/* A clinician's film by keys, and pictures that are sharp while held. Everything works without this file. */
(() => {
  "use strict";
  const LONG_PRESS_MS = 400; // shorter is a click, which opens the page that shows the picture for a while
  const STEP_PX = 12;
  const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const SVG = "http://www.w3.org/2000/svg";
  document.documentElement.classList.add("has-script");

  const typing = (target) => target.closest("input:not([type=radio]):not([type=image]), select, textarea");
  const isSeen = (shot) => {
    const style = getComputedStyle(shot);
    return style.visibility === "visible" && Number(style.opacity) > 0.5;
  };
  const seenShot = () => [...document.querySelectorAll(".shot")].filter(isSeen).pop();

  /* sharp while held */
  let held = null;
  const show = (shot) => {
    if (held || !shot) return;
    held = new Image();
    held.className = "sharp";
    held.alt = "";
    held.src = `${shot.dataset.sharp}?at=${Date.now()}`; // each look is fetched, and so is on record
    shot.querySelector(".pane").append(held);
  };
  const hide = () => { held?.remove(); held = null; };
  let pressedAt = 0;
  document.addEventListener("pointerdown", (event) => {
    const part = event.target.closest(".pane > img, [data-hold]");
    if (!part || event.button !== 0) return;
    pressedAt = Date.now();
    show(part.closest(".shot"));
  });
  for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, hide);
  addEventListener("blur", hide);
  document.addEventListener("visibilitychange", hide);
  document.addEventListener("dragstart", (event) => { if (event.target.closest("[data-hold]")) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-hold]") && event.detail && Date.now() - pressedAt > LONG_PRESS_MS) event.preventDefault();
    if (event.target.closest("[data-print]")) print();
  });

  /* pointing by keys: a mark that arrows move and Enter puts down */
  const form = document.getElementById("pointing");
  let mark = null;
  const place = (target) => {
    const ring = target.parentElement.querySelector(".ring");
    const [width, height] = [Number(target.getAttribute("width")), Number(target.getAttribute("height"))];
    if (!mark || mark.target !== target) {
      mark?.circle.remove();
      mark = { target, circle: document.createElementNS(SVG, "circle"), x: width / 2, y: height / 2, width, height };
      mark.circle.setAttribute("class", "cursor");
      mark.circle.setAttribute("r", 22);
      ring.append(mark.circle);
    }
    mark.circle.setAttribute("cx", mark.x);
    mark.circle.setAttribute("cy", mark.y);
  };
  const move = ([dx, dy], step) => {
    const target = seenShot()?.querySelector(".target");
    if (!target) return;
    target.focus({ preventScroll: true });
    place(target);
    mark.x = Math.min(Math.max(mark.x + dx * step, 1), mark.width - 1);
    mark.y = Math.min(Math.max(mark.y + dy * step, 1), mark.height - 1);
    place(target);
  };
  const putDown = () => {
    for (const [name, value] of [[`${mark.target.name}.x`, mark.x], [`${mark.target.name}.y`, mark.y]]) {
      const field = Object.assign(document.createElement("input"), { type: "hidden", name, value: Math.round(value) });
      form.append(field);
    }
    form.elements.shown.value = mark.width;
    form.requestSubmit();
  };
  form?.addEventListener("submit", (event) => {
    const target = event.submitter?.matches(".target") && event.submitter;
    if (target) form.elements.shown.value = target.getBoundingClientRect().width;
  });

  let isLeaving = false; // a second press of a key must not answer the page that is going away
  addEventListener("pageshow", () => { isLeaving = false; });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    const digit = /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1]; // by place: on a French keyboard 1 is "&"
    const choice = digit && !event.repeat && document.querySelector(`[data-digit="${digit}"]`);
    const back = event.key === "Backspace" && document.querySelector("[data-back]");
    const isRadio = event.target.matches("input[type=radio]");
    if (choice || back) {
      event.preventDefault();
      if (!isLeaving) (choice || back).click();
      isLeaving = true;
    } else if (event.key.toLowerCase() === "v") {
      if (!event.repeat) show(seenShot());
    } else if (form && event.key in MOVES && !isRadio) {
      event.preventDefault();
      move(MOVES[event.key], event.shiftKey ? 4 * STEP_PX : STEP_PX);
    } else if (event.key === "Enter" && mark && event.target === mark.target) {
      event.preventDefault();
      putDown();
    }
  });
  document.addEventListener("keyup", (event) => { if (event.key.toLowerCase() === "v") hide(); });
})();
