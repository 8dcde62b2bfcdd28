/* The pictures of an attempt: ways to look, zoom, tips, text to select. Layers and most views work without this file. */
(() => {
  "use strict";
  let ending = new AbortController();
  const start = () => {
    ending.abort();
    ending = new AbortController();
    const { signal } = ending;
    const stage = document.getElementById("stage");
    if (!stage) return;
    const KEPT = "navconsole-stage";
    const VIEWS = ["side", "slider", "blink", "difference"];
    const MAX_ZOOM = 16;
    const SVG = "http://www.w3.org/2000/svg";
    const CHANGE_LEVEL = 12; // grey levels from which a pixel counts as changed, as in the engine
    const AMPLIFIED = 4;
    const byId = (id) => document.getElementById(id);
    document.documentElement.classList.add("has-js");

    /* what is there */
    const parsed = (line) => {
      const [layer, x, y, w, h, text, score, confidence, style, rank] = line.split("\t");
      return { layer, x: +x, y: +y, w: +w, h: +h, text, score, confidence, style, rank };
    };
    const pictures = [...stage.querySelectorAll(".picture")].map((figure) => {
      const [canvas, sheet, img, svg, spots] = [".canvas", ".sheet", "img", "svg", ".spots"].map((part) => figure.querySelector(part));
      const [w, h] = [+img.getAttribute("width"), +img.getAttribute("height")];
      figure.style.setProperty("--aspect", w / h);
      canvas.tabIndex = 0;
      canvas.setAttribute("role", "group");
      canvas.setAttribute("aria-label", img.alt);
      return { which: figure.dataset.which, figure, canvas, sheet, img, svg, w, h, spots: spots.textContent.split("\n").filter(Boolean).map(parsed) };
    });
    const before = pictures.find((one) => one.which === "before");
    byId("split")?.style.setProperty("--aspect", before.w / before.h);
    const inputs = [...stage.querySelectorAll(".toolbar input, .layers input")];
    const view = () => stage.querySelector(".segmented input:checked")?.value ?? "side";
    const setView = (name) => {
      const radio = byId(`view-${name}`);
      if (!radio || radio.checked) return;
      radio.checked = true;
      changed();
    };

    /* kept from one attempt to the next */
    const look = { zoom: 1, x: 0.5, y: 0.5 };
    const keep = () => {
      try {
        const checked = Object.fromEntries(inputs.map((input) => [input.id, input.checked]));
        const kept = JSON.parse(sessionStorage.getItem(KEPT) || "{}");
        sessionStorage.setItem(KEPT, JSON.stringify({ ...look, checked: { ...kept.checked, ...checked } }));
      } catch { /* storage may be off */ }
    };
    try {
      const kept = JSON.parse(sessionStorage.getItem(KEPT) || "{}");
      for (const name of Object.keys(look)) if (Number.isFinite(kept[name])) look[name] = kept[name];
      for (const input of inputs) if (input.id in (kept.checked ?? {})) input.checked = kept.checked[input.id];
    } catch { /* storage may be off */ }

    /* one zoom and one place for all pictures: `x` and `y` are what stands in the middle, as shares of the picture */
    const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
    const place = () => {
      look.zoom = clamp(look.zoom, 1, MAX_ZOOM);
      for (const axis of ["x", "y"]) look[axis] = clamp(look[axis], 0.5 / look.zoom, 1 - 0.5 / look.zoom);
      for (const { canvas, sheet, svg, w, h } of pictures) {
        const [wide, high] = [canvas.clientWidth, canvas.clientHeight];
        if (!wide) continue;
        sheet.style.width = `${look.zoom * 100}%`;
        sheet.style.transform = `translate(${wide / 2 - look.x * wide * look.zoom}px, ${high / 2 - look.y * high * look.zoom}px)`;
        svg.style.setProperty("--px", w / (wide * look.zoom));
        canvas.classList.toggle("is-close", (wide * look.zoom * devicePixelRatio) / w > 2);
      }
      stage.classList.toggle("is-zoomed", look.zoom > 1);
      byId("zoom").value = `${Math.round(look.zoom * 100)} %`;
      drawLeader();
    };
    const zoomBy = (factor, canvas, at) => {
      const zoom = clamp(look.zoom * factor, 1, MAX_ZOOM);
      if (canvas) {
        for (const [axis, size, spot] of [["x", canvas.clientWidth, at.x], ["y", canvas.clientHeight, at.y]]) {
          const off = (spot - size / 2) / size;
          look[axis] += off / look.zoom - off / zoom;
        }
      }
      look.zoom = zoom;
      place();
      keep();
    };
    const fit = () => { Object.assign(look, { zoom: 1, x: 0.5, y: 0.5 }); place(); keep(); };
    const reveal = (picture, box) => {
      const [x, y] = [(box.x + box.w / 2) / picture.w, (box.y + box.h / 2) / picture.h];
      if (Math.abs(x - look.x) * look.zoom < 0.45 && Math.abs(y - look.y) * look.zoom < 0.45) return;
      Object.assign(look, { x, y });
      place();
    };
    const inCanvas = (canvas, event) => {
      const frame = canvas.getBoundingClientRect();
      return { x: event.clientX - frame.left, y: event.clientY - frame.top };
    };
    const inPicture = (picture, event) => {
      const frame = picture.sheet.getBoundingClientRect();
      return { x: ((event.clientX - frame.left) / frame.width) * picture.w, y: ((event.clientY - frame.top) / frame.height) * picture.h };
    };

    /* pointers: one drags, two pinch; the line between two pictures can be dragged */
    const down = new Map();
    const spread = () => { const [a, b] = [...down.values()]; return Math.hypot(a.x - b.x, a.y - b.y); };
    const setSplit = (share) => {
      byId("split").value = clamp(share * 100, 0, 100);
      stage.style.setProperty("--split", `${byId("split").value}%`);
    };
    for (const picture of pictures) {
      const { canvas, figure } = picture;
      canvas.addEventListener("wheel", (event) => {
        const isForPage = look.zoom === 1 && !event.ctrlKey && (event.deltaY > 0 || scrollY > 0);
        if (isForPage) return;
        event.preventDefault();
        zoomBy(Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)), canvas, inCanvas(canvas, event));
      }, { passive: false });
      canvas.addEventListener("pointerdown", (event) => {
        const isPointing = stage.classList.contains("is-pointing") && picture === before;
        if (event.button || event.target.closest(".g-text") || (isPointing && event.pointerType !== "touch")) return;
        const at = inCanvas(canvas, event);
        const isSplit = view() === "slider" && Math.abs(at.x / canvas.clientWidth - byId("split").value / 100) * canvas.clientWidth < 14;
        down.set(event.pointerId, { x: event.clientX, y: event.clientY, isSplit });
        canvas.setPointerCapture(event.pointerId);
        stage.classList.add("is-dragged");
        hideTip();
      });
      canvas.addEventListener("pointermove", (event) => {
        const from = down.get(event.pointerId);
        if (!from) { if (!event.buttons) showTip(picture, event); return; }
        const wide = down.size === 2 ? spread() : 0;
        const to = { x: event.clientX, y: event.clientY, isSplit: from.isSplit };
        down.set(event.pointerId, to);
        if (from.isSplit) setSplit(inCanvas(canvas, event).x / canvas.clientWidth);
        else if (down.size === 2) zoomBy(spread() / wide, canvas, inCanvas(canvas, event));
        else {
          look.x -= (to.x - from.x) / (canvas.clientWidth * look.zoom);
          look.y -= (to.y - from.y) / (canvas.clientHeight * look.zoom);
          place();
        }
      });
      for (const name of ["pointerup", "pointercancel"]) {
        canvas.addEventListener(name, (event) => { down.delete(event.pointerId); stage.classList.toggle("is-dragged", down.size > 0); keep(); });
      }
      canvas.addEventListener("pointerleave", hideTip);
      canvas.addEventListener("dblclick", (event) => { if (!event.target.closest(".g-text")) fit(); });
      canvas.addEventListener("keydown", (event) => {
        const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
        if (!step || stage.classList.contains("is-pointing") || look.zoom === 1) return;
        event.preventDefault();
        look.x += (0.1 * step[0]) / look.zoom;
        look.y += (0.1 * step[1]) / look.zoom;
        place();
        keep();
      });
      picture.img.addEventListener("load", () => { if (view() === "difference") drawDifference(); });
      new ResizeObserver(place).observe(figure);
    }

    /* what is under the pointer, or belongs to the row that has the focus */
    const tip = byId("tip");
    const isShown = (layer) => byId(`layer-${layer}`)?.checked ?? false;
    function spotAt(picture, { x, y }) {
      const under = picture.spots.filter((s) => isShown(s.layer) && x >= s.x && x < s.x + s.w && y >= s.y && y < s.y + s.h);
      return under.sort((a, b) => a.w * a.h - b.w * b.h || b.score - a.score)[0];
    }
    function say(spot, left, top) {
      const shares = [["score", spot.score], ["confidence", spot.confidence]].filter(([, share]) => share);
      tip.textContent = spot.text || (tip.dataset[spot.style] ?? byId(`layer-${spot.layer}`).closest("label").textContent.trim().replace(/\d$/, ""));
      const note = document.createElement("small");
      note.textContent = shares.map(([name, share]) => `${tip.dataset[name]} ${share} %`).join(" · ");
      if (note.textContent) tip.append(note);
      tip.hidden = false;
      const frame = stage.getBoundingClientRect();
      tip.style.left = `${clamp(left - frame.left + 14, 4, frame.width - tip.offsetWidth - 4)}px`;
      tip.style.top = `${top - frame.top + 16}px`;
    }
    let lit = "";
    function light(rank) {
      if (lit === rank) return;
      for (const item of document.querySelectorAll("[data-rank].is-lit")) item.classList.remove("is-lit");
      if (rank) for (const item of document.querySelectorAll(`[data-rank="${rank}"]`)) item.classList.add("is-lit");
      lit = rank;
    }
    function showTip(picture, event) {
      const spot = stage.classList.contains("is-pointing") ? null : spotAt(picture, inPicture(picture, event));
      if (!spot) return hideTip();
      say(spot, event.clientX, event.clientY);
      light(spot.rank);
    }
    function hideTip() { tip.hidden = true; light(""); }
    document.addEventListener("focusin", (event) => {
      const row = event.target.closest?.("tr[data-rank]");
      const spot = row && before.spots.find((s) => s.rank === row.dataset.rank);
      if (!spot || !before.canvas.clientWidth) { tip.hidden = true; return; }
      reveal(before, spot);
      const frame = before.sheet.getBoundingClientRect();
      say(spot, frame.left + ((spot.x + spot.w) / before.w) * frame.width, frame.top + ((spot.y + spot.h) / before.h) * frame.height);
    }, { signal });

    /* from the row that says why the runner-up lost to its box */
    const main = stage.parentElement;
    const leader = document.createElementNS(SVG, "svg");
    leader.classList.add("leader");
    leader.setAttribute("aria-hidden", "true");
    leader.append(document.createElementNS(SVG, "path"));
    main.append(leader);
    function drawLeader() {
      const row = main.querySelector(".rival tr");
      const spot = row && before.spots.find((s) => s.rank === row.dataset.rank);
      const [path, frame, canvas] = [leader.firstChild, main.getBoundingClientRect(), before.canvas.getBoundingClientRect()];
      path.setAttribute("d", "");
      if (!spot || !canvas.width || !isShown("candidates")) return;
      const sheet = before.sheet.getBoundingClientRect();
      const x = sheet.left + ((spot.x + spot.w / 2) / before.w) * sheet.width;
      const y = sheet.top + (spot.y / before.h) * sheet.height;
      if (x < canvas.left || x > canvas.right || y < canvas.top || y > canvas.bottom) return;
      const from = row.getBoundingClientRect();
      const [x1, y1, x2, y2] = [from.left + 12 - frame.left, from.bottom - frame.top, x - frame.left, y - frame.top];
      path.setAttribute("d", `M${x1} ${y1}C${x1} ${y1 + 50} ${x2} ${Math.min(y1 + 30, y2)} ${x2} ${y2}`);
    }

    /* where two pictures differ, on the first one in grey */
    let compared = null;
    function drawDifference() {
      const [one, other] = pictures;
      if (!other || !one.img.complete || !other.img.complete || !one.img.naturalWidth || !other.img.naturalWidth || compared) return;
      const { w, h } = one;
      compared = Object.assign(document.createElement("canvas"), { width: w, height: h, className: "diff" });
      const context = compared.getContext("2d", { willReadFrequently: true });
      const pixels = (img) => { context.clearRect(0, 0, w, h); context.drawImage(img, 0, 0); return context.getImageData(0, 0, w, h); };
      const [ours, theirs] = [pixels(one.img), pixels(other.img).data];
      const data = ours.data;
      let changes = 0;
      for (let i = 0; i < data.length; i += 4) {
        const gap = Math.max(Math.abs(data[i] - theirs[i]), Math.abs(data[i + 1] - theirs[i + 1]), Math.abs(data[i + 2] - theirs[i + 2]));
        const grey = 70 + 0.12 * (data[i] + data[i + 1] + data[i + 2]);
        const strength = gap > CHANGE_LEVEL ? Math.min(1, 0.35 + (gap * AMPLIFIED) / 255) : 0;
        changes += strength > 0;
        data[i] = grey + (255 - grey) * strength;
        data[i + 1] = grey * (1 - strength);
        data[i + 2] = grey + (140 - grey) * strength;
      }
      context.putImageData(ours, 0, 0);
      one.img.after(compared);
      const says = byId("stage-says");
      says.textContent = `${says.dataset.differs} ${((400 * changes) / data.length).toFixed(1)} %`;
    }

    /* the text that was read, as text */
    const textOf = (picture) => {
      const whole = picture.spots.filter((s) => s.layer === "phrases" && /(^|second )page$/.test(s.style));
      const isIn = (a, b) => a !== b && a.x >= b.x - 2 && a.y >= b.y - 2 && a.x + a.w <= b.x + b.w + 2 && a.y + a.h <= b.y + b.h + 2 && a.w * a.h < b.w * b.h;
      return whole.filter((s) => !whole.some((other) => isIn(s, other)));
    };
    const writeText = () => {
      for (const picture of pictures) {
        const group = picture.svg.querySelector(".g-text");
        if (group.childElementCount) continue;
        for (const spot of textOf(picture)) {
          const text = document.createElementNS(SVG, "text");
          const place = { x: spot.x, y: spot.y + spot.h * 0.85, textLength: spot.w, lengthAdjust: "spacingAndGlyphs" };
          for (const [name, value] of Object.entries(place)) text.setAttribute(name, value);
          text.style.fontSize = `${spot.h}px`;
          text.textContent = spot.text;
          group.append(text);
        }
      }
    };
    const selectedText = () => {
      const selection = getSelection();
      if (selection.isCollapsed) return "";
      const range = selection.getRangeAt(0);
      const lines = [...stage.querySelectorAll(".g-text text")].filter((text) => range.intersectsNode(text));
      return lines.map((text) => {
        const part = document.createRange();
        part.selectNodeContents(text);
        if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0) part.setStart(range.startContainer, range.startOffset);
        if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) part.setEnd(range.endContainer, range.endOffset);
        return part.toString();
      }).join("\n");
    };
    document.addEventListener("copy", (event) => {
      const text = selectedText();
      if (!text) return;
      event.clipboardData.setData("text/plain", text);
      event.preventDefault();
    }, { signal });
    const copy = async (button) => {
      const shown = pictures.filter((one) => one.canvas.clientWidth);
      const text = selectedText() || shown.map((one) => textOf(one).map((s) => s.text).join("\n")).join("\n\n");
      try {
        await navigator.clipboard.writeText(text);
        byId("toast").textContent = button.dataset.done;
        setTimeout(() => { byId("toast").textContent = ""; }, 3000);
      } catch { // the browser does not let a page copy: the text can be selected then
        byId("select-text").checked = true;
        changed();
      }
    };

    /* buttons and boxes */
    const acts = {
      view: () => setView(VIEWS[(VIEWS.indexOf(view()) + 1) % VIEWS.length]),
      in: () => zoomBy(1.5),
      out: () => zoomBy(1 / 1.5),
      fit,
      copy,
    };
    stage.addEventListener("click", (event) => {
      const button = event.target.closest("[data-act]");
      if (button) acts[button.dataset.act]?.(button);
    });
    function changed() {
      if (view() === "difference") drawDifference();
      if (byId("select-text").checked) writeText();
      place();
      keep();
    }
    for (const input of inputs) input.addEventListener("change", changed);
    byId("split")?.addEventListener("input", (event) => setSplit(event.target.value / 100));
    const current = document.querySelector(".strip [aria-current]")?.parentElement;
    if (current) current.parentElement.scrollLeft = current.offsetLeft - current.parentElement.clientWidth / 2;
    Object.assign(stage, { pictures, inPicture, reveal, setView });
    changed();
  };
  start();
  document.addEventListener("stage:load", start); // another case was put in the place of this one
})();
