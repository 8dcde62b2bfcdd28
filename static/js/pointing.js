/* Pointing at the right place on the picture before, by mouse or by keys. `stage:mode` starts and ends it,
   `stage:point` tells where, `stage:label` draws what a label says. */
(() => {
  "use strict";
  let ending = new AbortController();
  const start = () => {
    ending.abort();
    ending = new AbortController();
    const { signal } = ending;
    const stage = document.getElementById("stage");
    const picture = stage?.pictures?.find((one) => one.which === "before");
    if (!picture) return;
    const SVG = "http://www.w3.org/2000/svg";
    const NEAR_PX = 8; // picture pixels
    const DRAG_PX = 4; // screen pixels from which a press is a drawn box
    const POINT_PX = 8; // half the side of the box around a point that nothing is near
    const { canvas, svg, spots, w, h } = picture;
    const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

    /* what may be meant */
    const controls = spots.filter((s) => s.layer === "controls");
    const phrases = spots.filter((s) => s.layer === "phrases" && !s.style.endsWith("piece"));
    const area = (s) => s.w * s.h;
    const holds = (s, x, y) => x >= s.x && x < s.x + s.w && y >= s.y && y < s.y + s.h;
    const away = (s, x, y) => Math.hypot(Math.max(s.x - x, 0, x - s.x - s.w), Math.max(s.y - y, 0, y - s.y - s.h));
    const smallest = (some) => some.reduce((least, s) => (least && area(least) <= area(s) ? least : s), null);
    const boxOf = (s) => ({ x: s.x, y: s.y, w: s.w, h: s.h });
    const meant = (spot) => ({ box: boxOf(spot), kind: spot.layer === "controls" ? "control" : "phrase", text: spot.text });
    const snap = (x, y) => {
      const under = smallest(controls.filter((s) => holds(s, x, y))) ?? smallest(phrases.filter((s) => holds(s, x, y)));
      if (under) return meant(under);
      const near = [...controls, ...phrases].filter((s) => away(s, x, y) <= NEAR_PX).sort((a, b) => away(a, x, y) - away(b, x, y))[0];
      if (near) return meant(near);
      const [left, top] = [Math.max(0, Math.round(x) - POINT_PX), Math.max(0, Math.round(y) - POINT_PX)];
      return { box: { x: left, y: top, w: Math.min(2 * POINT_PX, w - left), h: Math.min(2 * POINT_PX, h - top) }, kind: "point", text: "" };
    };
    const targets = [...controls, ...phrases.filter((p) => !controls.some((c) => holds(c, p.x + p.w / 2, p.y + p.h / 2) && area(c) < 12 * area(p)))];

    /* drawing */
    const draw = (group, box, style = "") => {
      const layer = svg.querySelector(group);
      layer.replaceChildren();
      if (!box) return;
      const rect = document.createElementNS(SVG, "rect");
      for (const [name, value] of Object.entries({ x: box.x, y: box.y, width: box.w, height: box.h, rx: 2, class: style })) rect.setAttribute(name, value);
      layer.append(rect);
    };
    const says = document.getElementById("stage-says");
    const tell = (x, y, found) => {
      const detail = { which: "before", x: Math.round(x), y: Math.round(y), box: found.box, kind: found.kind };
      document.dispatchEvent(new CustomEvent("stage:point", { detail }));
    };

    /* the mode */
    let from = null;
    let chosen = null;
    const isOn = () => stage.classList.contains("is-pointing");
    const setMode = (on) => {
      stage.classList.toggle("is-pointing", on);
      from = chosen = null;
      draw(".g-snap", null);
      says.textContent = "";
      if (!on) return;
      if (!canvas.clientWidth || stage.querySelector("#view-slider:checked, #view-blink:checked")) stage.setView("side");
      canvas.focus({ preventScroll: true });
    };
    document.addEventListener("stage:mode", (event) => setMode(event.detail === "point"), { signal });
    document.addEventListener("stage:label", (event) => {
      const box = event.detail?.box ?? null;
      stage.querySelector(".layer-label").hidden = !box;
      draw(".g-label", box);
    }, { signal });

    /* by mouse */
    const boxBetween = (a, b) => {
      const [x, y] = [Math.round(Math.max(0, Math.min(a.x, b.x))), Math.round(Math.max(0, Math.min(a.y, b.y)))];
      return { x, y, w: Math.max(1, Math.round(Math.min(w, Math.max(a.x, b.x))) - x), h: Math.max(1, Math.round(Math.min(h, Math.max(a.y, b.y))) - y) };
    };
    const isMoved = (event) => from && Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > DRAG_PX;
    const isDrawn = (event) => isMoved(event) && event.pointerType !== "touch"; // a finger moves the picture
    canvas.addEventListener("pointerdown", (event) => {
      if (!isOn() || event.button || event.target.closest(".g-text")) return;
      from = { ...stage.inPicture(picture, event), clientX: event.clientX, clientY: event.clientY };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!isOn()) return;
      const at = stage.inPicture(picture, event);
      chosen = null;
      if (isDrawn(event)) draw(".g-snap", boxBetween(from, at), "drawn");
      else draw(".g-snap", snap(at.x, at.y).box);
    });
    canvas.addEventListener("pointerup", (event) => {
      if (!isOn() || !from) return;
      const at = stage.inPicture(picture, event);
      if (isDrawn(event)) tell(at.x, at.y, { box: boxBetween(from, at), kind: "drawn" });
      else if (!isMoved(event)) tell(at.x, at.y, snap(at.x, at.y));
      from = null;
    });

    /* by keys: arrows go to the next target that way, Enter takes it, Escape leaves */
    const middle = (s) => ({ x: s.x + s.w / 2, y: s.y + s.h / 2 });
    const pressed = svg.querySelector(".g-click .spot");
    const firstTarget = () => {
      const at = pressed ? { x: +pressed.getAttribute("cx"), y: +pressed.getAttribute("cy") } : { x: w / 2, y: h / 2 };
      return targets.reduce((best, s) => (best && away(best, at.x, at.y) <= away(s, at.x, at.y) ? best : s), null);
    };
    const next = ([dx, dy]) => {
      if (!chosen) return firstTarget();
      const here = middle(chosen);
      const cost = (s) => {
        const [along, across] = [(middle(s).x - here.x) * dx + (middle(s).y - here.y) * dy, Math.abs((middle(s).x - here.x) * dy) + Math.abs((middle(s).y - here.y) * dx)];
        return along > 1 ? along + 2.5 * across : Infinity;
      };
      const best = targets.reduce((least, s) => (least && cost(least) <= cost(s) ? least : s), null);
      return best && cost(best) < Infinity ? best : chosen;
    };
    document.addEventListener("keydown", (event) => {
      const isElsewhere = event.target.closest("input:not([type=checkbox]):not([type=radio]), select, textarea, button, a");
      if (!isOn() || event.ctrlKey || event.altKey || event.metaKey || (isElsewhere && event.key !== "Escape")) return;
      if (ARROWS[event.key] && targets.length) {
        chosen = next(ARROWS[event.key]);
        draw(".g-snap", chosen);
        stage.reveal(picture, chosen);
        const kind = chosen.layer === "controls" ? document.getElementById("tip").dataset[chosen.style] : "";
        const inside = chosen.text || phrases.filter((p) => holds(chosen, p.x + p.w / 2, p.y + p.h / 2)).map((p) => p.text)[0] || "";
        says.textContent = [kind, inside].filter(Boolean).join(" ");
      } else if (event.key === "Enter" && chosen) {
        tell(middle(chosen).x, middle(chosen).y, meant(chosen));
      } else if (event.key === "Escape") {
        document.dispatchEvent(new CustomEvent("stage:mode", { detail: "" }));
      } else return;
      event.preventDefault();
      event.stopPropagation();
    }, { capture: true, signal });
  };
  start();
  document.addEventListener("stage:load", start); // another case was put in the place of this one
})();
