/* What a keyboard reaches and what it must reach. Kept in one object, so that each step is one question. */
(() => {
  const INTERACTIVE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest("[inert]");
  const isReachable = (element) => {
    if (!isShown(element) || element.disabled || element.tabIndex < 0) return false;
    if (element.type !== "radio") return true;
    const group = [...document.querySelectorAll(`input[type=radio][name="${CSS.escape(element.name)}"]`)].filter((e) => e.form === element.form);
    const chosen = group.find((e) => e.checked) ?? group[0];
    return element === chosen; // the arrow keys reach the others
  };
  const name = (element) => `${element.tagName.toLowerCase()}#${element.id}.${element.className} "${(element.textContent || element.name || "").trim().slice(0, 30)}"`;
  const hasOutline = (element) => {
    const style = getComputedStyle(element);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  };
  const wanted = new Set([...document.querySelectorAll(INTERACTIVE)].filter(isReachable));
  const visited = new Set();
  const seen = new Set(); // a date has parts, and the browser itself draws a ring around the last, its calendar's button
  return {
    count: () => wanted.size,
    note: () => {
      const at = document.activeElement;
      if (!at || at === document.body) return null;
      wanted.delete(at);
      const around = [at, at.nextElementSibling, at.parentElement, at.closest("tr"), at.closest("label")].filter(Boolean);
      visited.add(at);
      if (around.some(hasOutline)) seen.add(at);
      return true;
    },
    result: () => ({ unreached: [...wanted].map(name), unseen: [...visited].filter((e) => !seen.has(e)).map(name) }),
  };
})()
