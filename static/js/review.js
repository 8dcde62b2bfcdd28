/* Labels by keyboard and by pointing; the next case is loaded while one looks at this one. Forms work without it. */
(() => {
  "use strict";
  const find = (selector) => document.querySelector(selector);
  const panel = () => find("#case-panel");
  const form = () => find("#label-form");
  let said = ""; // the answer that the person gave, as opposed to one that follows from the place
  let isGiving = false; // digits mean causes and Enter saves
  let isBusy = false;
  let asked = 0;
  let next = null;

  const typing = (target) => target.closest?.("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]");
  const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));
  const part = (html) => document.createRange().createContextualFragment(html);

  /* --- what follows from what was said ------------------------------------------------------- */

  const showBox = () => {
    const box = find("#verdict")?.dataset.box?.split(",").map(Number);
    tell("stage:label", box ? { box: { x: box[0], y: box[1], w: box[2], h: box[3] } } : null);
  };
  const refresh = async (changes = {}) => {
    const values = new FormData(form());
    for (const name of ["csrf_token", "seen", "note", "answer"]) values.delete(name);
    if (said) values.set("answer", said);
    for (const [name, value] of Object.entries(changes)) values.set(name, value);
    const number = ++asked;
    const url = find("#verdict").dataset.url;
    const answer = await fetch(`${url}${url.includes("?") ? "&" : "?"}${new URLSearchParams(values)}`, { headers: { "HX-Request": "true" } }).catch(() => null);
    if (number !== asked) return;
    if (!answer?.ok) { refused(answer); return; }
    const held = document.activeElement?.id;
    find("#verdict").replaceWith(part(await answer.text()));
    if (held) document.getElementById(held)?.focus({ preventScroll: true });
    keep();
    showBox();
  };

  /* --- what was typed is kept until it is saved ----------------------------------------------- */

  const slot = () => `label-draft:${form()?.dataset.attempt}`;
  const keep = () => {
    if (!form()) return;
    const values = new FormData(form());
    for (const name of ["csrf_token", "seen"]) values.delete(name);
    try { sessionStorage.setItem(slot(), JSON.stringify({ said, values: Object.fromEntries(values) })); } catch { /* storage may be off */ }
  };
  const forget = () => { try { sessionStorage.removeItem(slot()); } catch { /* storage may be off */ } };
  const restore = () => {
    let draft = null;
    try { draft = JSON.parse(sessionStorage.getItem(slot())); } catch { /* storage may be off */ }
    if (!draft) return;
    find("#note").value = draft.values.note || "";
    said = draft.said;
    isGiving = Boolean(said || draft.values.place);
    const { note: _note, answer: _answer, ...values } = draft.values;
    refresh(values);
  };

  /* --- sending -------------------------------------------------------------------------------- */

  const refused = (answer) => {
    const box = find("#panel-notice");
    if (!box) return;
    const isOver = answer?.status === 401;
    box.textContent = isOver ? box.dataset.expired : box.dataset.failed;
    if (isOver) {
      const link = document.createElement("a");
      link.href = `/login?next=${encodeURIComponent(location.pathname + location.search)}`;
      link.textContent = box.dataset.login;
      box.append(" ", link);
    }
  };
  const send = async (sent) => {
    if (isBusy) return;
    isBusy = true;
    keep();
    const body = new URLSearchParams(new FormData(sent));
    const answer = await fetch(sent.action, { method: "POST", body, headers: { "HX-Request": "true" } }).catch(() => null);
    isBusy = false;
    const address = answer?.headers.get("HX-Redirect");
    if (answer?.ok && address) {
      if (sent === form()) forget();
      go(address, await answer.text());
    } else if (answer?.status === 409 || answer?.status === 422) {
      const target = sent === form() ? panel() : find("#like");
      const html = part(await answer.text());
      if (sent === form()) target.replaceWith(html); else target.replaceChildren(html);
      globalThis.htmx?.process(panel());
      isGiving = true;
    } else if (answer?.status === 400) { // the form is of an earlier session; what was typed is kept
      location.reload();
    } else {
      refused(answer);
    }
  };
  const save = () => form().requestSubmit();

  /* --- the next case -------------------------------------------------------------------------- */

  const load = async () => {
    next = null;
    const link = find("#next-case");
    if (!link) return;
    const answer = await fetch(link.href).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const main = page.getElementById("main");
    if (main) next = { address: link.getAttribute("href"), title: page.title, main: document.importNode(main, true) };
  };
  const go = (address, given) => {
    if (next?.address !== address) { location.assign(address); return; }
    const { title, main } = next;
    find("#main").replaceWith(main);
    document.title = title;
    history.pushState(null, "", address);
    if (given !== undefined) { // the answer that brought it has claimed the case
      find("#given")?.replaceChildren(part(given));
      find(".claim-form")?.remove();
    }
    globalThis.htmx?.process(main);
    main.focus({ preventScroll: true });
    tell("stage:load");
    start();
  };
  addEventListener("popstate", () => location.reload());

  /* --- keys ------------------------------------------------------------------------------------ */

  const act = (name) => panel().querySelector(`[data-act="${name}"]`);
  const leave = () => {
    said = "";
    isGiving = false;
    tell("stage:mode", "look");
    forget();
    form().reset();
    refresh({ place: "", box: "", cause: "", screen: "", landed: "" });
  };
  const choose = (answer) => {
    said = answer;
    isGiving = true;
    find(`#answer-${answer}`).checked = true;
  };
  const acts = {
    right: () => { choose("right"); save(); },
    unsure: () => { choose("unsure"); save(); },
    wrong: () => {
      if (isGiving && find("#answer-wrong").checked) { save(); return; }
      choose("wrong");
      tell("stage:mode", "point");
      refresh();
    },
    absent: async () => {
      said = "";
      isGiving = true;
      await refresh({ place: "absent", box: "" });
      if (find("#verdict").dataset.answer === "right") save();
    },
    point: () => tell("stage:mode", "point"),
    note: () => find("#note").focus(),
    undo: () => act("undo")?.click(),
    case: () => (act("case-here") ?? act("case"))?.click(),
    like: () => (act("settle") ?? act("like"))?.click(),
  };
  const keyed = (key) => {
    if (act("settle") && key === "Enter") { act("settle").click(); return true; }
    if (act("close-like") && key === "Escape") { act("close-like").click(); return true; }
    if (isGiving && key === "Enter") { save(); return true; }
    if (isGiving && key === "Escape") { leave(); return true; }
    const cause = isGiving && panel().querySelector(`[data-cause="${CSS.escape(key)}"]`);
    if (cause) { cause.checked = true; save(); return true; }
    if (key === "j" && find("#next-case")) { find("#next-case").click(); return true; }
    const name = JSON.parse(panel().dataset.keys)[key];
    if (!name) return false;
    acts[name]();
    return true;
  };
  const onKey = (event) => {
    if (!form() || event.altKey || event.defaultPrevented) return;
    if (event.target.id === "note" && event.key === "Enter" && (event.ctrlKey || event.metaKey)) { save(); return; }
    if (event.ctrlKey || event.metaKey || typing(event.target) || find(":popover-open")) return;
    if (event.key === "Enter" && event.target.closest?.("a, button, summary")) return;
    if (keyed(event.key)) { event.preventDefault(); event.stopImmediatePropagation(); }
  };

  /* --- pointer, forms --------------------------------------------------------------------------- */

  document.addEventListener("submit", (event) => {
    if (event.target !== form() && !event.target.matches(".case-panel [data-send]")) return;
    event.preventDefault();
    send(event.target);
  });
  document.addEventListener("click", (event) => {
    const name = event.target.closest?.(".case-panel a[data-act]")?.dataset.act;
    if (name === "point") { event.preventDefault(); acts.point(); }
    if (name === "close-like") { event.preventDefault(); find("#like").replaceChildren(); }
    if (name === "skip" && next) { event.preventDefault(); go(find("#next-case").getAttribute("href")); }
  });
  document.addEventListener("change", (event) => {
    if (!event.target.closest?.("#verdict")) return;
    if (event.target.name === "answer") said = event.target.value;
    isGiving = true;
    if (event.target.name === "place") { said = ""; refresh(); } else if (event.target.name === "answer") refresh(); else keep();
  });
  document.addEventListener("input", (event) => { if (event.target.id === "note") keep(); });
  document.addEventListener("stage:point", (event) => {
    if (!form() || event.detail.which !== "before") return;
    const { x, y, box } = event.detail;
    const place = box ? { place: "box", box: [box.x, box.y, box.w, box.h].map(Math.round).join(",") } : { place: "", "at.x": Math.round(x), "at.y": Math.round(y) };
    said = "";
    isGiving = true;
    tell("stage:mode", "look");
    refresh(place);
  });

  const start = () => {
    said = "";
    isGiving = false;
    document.removeEventListener("keydown", onKey, true);
    document.addEventListener("keydown", onKey, true); // after those who point by keys, and who began anew as well
    if (!form()) return;
    showBox();
    restore();
    load();
  };
  if (document.readyState === "complete") start(); else addEventListener("load", start);
})();
