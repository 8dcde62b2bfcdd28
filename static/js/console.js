/* Keys, highlights and small helps. Every page works without this file. */
(() => {
  "use strict";
  const IDLE_MS = 5 * 60 * 1000; // polling must not keep a session alive that nobody uses
  const isPoll = (element) => Boolean(element.getAttribute("hx-trigger")?.startsWith("every "));
  let lastInput = Date.now();
  const typing = (target) => target.closest("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]");

  /* times in the reader's own zone, from the next page on */
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && !document.cookie.split("; ").includes(`navconsole_tz=${zone}`)) {
    document.cookie = `navconsole_tz=${zone}; path=/; max-age=31536000; samesite=lax`;
  }

  for (const name of ["pointerdown", "keydown", "wheel"]) {
    addEventListener(name, () => { lastInput = Date.now(); }, { passive: true });
  }
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isPoll(event.detail.elt) && (document.hidden || Date.now() - lastInput > IDLE_MS)) {
      event.preventDefault();
    }
  });

  /* failures of a part of the page */
  const toast = (text) => {
    const box = document.getElementById("toast");
    box.textContent = text;
    setTimeout(() => { box.textContent = ""; }, 8000);
  };
  const failed = () => toast(document.getElementById("toast").dataset.failed);
  document.addEventListener("htmx:responseError", (event) => { if (!isPoll(event.detail.elt)) failed(); });
  document.addEventListener("htmx:sendError", (event) => { if (!isPoll(event.detail.elt)) failed(); });

  /* the list: j and k move, enter opens */
  const rows = () => [...document.querySelectorAll(".row-link")];
  const moveRow = (step) => {
    const all = rows();
    const at = all.indexOf(document.activeElement);
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    if (next) {
      next.focus({ preventScroll: true });
      next.closest("tr").scrollIntoView({ block: "nearest" });
    }
  };

  const press = (selector) => {
    const found = document.querySelector(selector);
    if (found) found.click();
    return Boolean(found);
  };
  const keys = (key) => {
    if (key === "?") { document.getElementById("help")?.togglePopover(); return true; }
    if (document.querySelector(".page-list")) {
      if (key === "j" || key === "k") { moveRow(key === "j" ? 1 : -1); return true; }
      if (key === "n") return press(".pager [rel=next]");
      if (key === "p") return press(".pager [rel=prev]");
      if (key === "/") { document.getElementById("q")?.focus(); document.getElementById("q")?.select(); return true; }
    }
    return press(`[data-key="${CSS.escape(key)}"]`);
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (typing(event.target)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const isForElement = [" ", "Enter"].includes(event.key) && event.target.closest("a, button, summary, label, input");
    if (!isForElement && keys(event.key)) event.preventDefault();
  });

  /* a link that is shown once, to the clipboard */
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button) return;
    const link = document.getElementById(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(link.value);
      toast(button.dataset.done);
    } catch { // the browser does not let a page copy: the text is selected then
      link.focus();
      link.select();
    }
  });

  /* candidates: row and box light up together */
  const light = (rank, on) => {
    for (const item of document.querySelectorAll(`[data-rank="${rank}"]`)) item.classList.toggle("is-lit", on);
  };
  for (const [start, end] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    document.addEventListener(start, (event) => { const at = event.target.closest?.("[data-rank]"); if (at) light(at.dataset.rank, true); });
    document.addEventListener(end, (event) => { const at = event.target.closest?.("[data-rank]"); if (at) light(at.dataset.rank, false); });
  }
})();
