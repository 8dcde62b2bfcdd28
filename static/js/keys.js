/* A person's own keys become the usual ones, and the digits of keyboards that need Shift for them count without it. */
(() => {
  "use strict";
  const own = JSON.parse(document.body.dataset.keys || "{}");
  const meant = (event) => {
    if (event.key in own) return own[event.key];
    const digit = /^Digit(\d)$/.exec(event.code);
    return digit && !event.shiftKey && event.key.length === 1 && event.key !== "-" ? digit[1] : event.key;
  };
  addEventListener("keydown", (event) => {
    const isTyping = event.target.closest?.("input:not([type=checkbox]):not([type=radio]), select, textarea, [contenteditable]");
    if (!event.isTrusted || isTyping || event.ctrlKey || event.altKey || event.metaKey) return;
    const key = meant(event);
    if (key === event.key) return;
    event.stopImmediatePropagation();
    event.preventDefault();
    if (key) event.target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  }, { capture: true });
})();
