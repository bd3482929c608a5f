// The next code may be typed while the last one is on its way, and no answer stands longer than its own ticket: if the
// network fails, the one before must not be taken for it. The answer is felt as well as seen.
(function () {
  "use strict";

  document.addEventListener("htmx:configRequest", function (event) {
    var form = event.detail.elt.closest("[data-scan]");
    if (!form) return;
    form.reset();
    form.elements.code.focus();
    document.getElementById("answer").replaceChildren();
  });

  document.addEventListener("htmx:afterSwap", function (event) {
    var verdict = event.detail.target.querySelector("[data-verdict]");
    if (!verdict || !navigator.vibrate) return;
    navigator.vibrate(verdict.dataset.verdict === "admitted" ? 80 : [120, 80, 120]);
  });
})();
