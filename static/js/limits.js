/* The numbers beside the sliders, and the link that takes them along. */
(() => {
  "use strict";
  const form = document.querySelector(".limits-form");
  if (!form) return;
  form.addEventListener("input", (event) => {
    const shown = form.querySelector(`output[for="${event.target.id}"]`);
    if (shown) shown.value = Number(event.target.value).toLocaleString(document.documentElement.lang);
    const next = document.getElementById("make-config");
    if (next) next.href = `/tuning/configurations?score=${form.score.value}&margin=${form.margin.value}#new`;
  });
  form.addEventListener("change", (event) => {
    if (event.target.matches("select")) form.submit();
  });
})();
