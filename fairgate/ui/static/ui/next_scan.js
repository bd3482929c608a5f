// Codes may follow each other without waiting: each is taken out of its field at once and asked for in its turn. No
// answer stands longer than its own ticket: if the network fails, the one before must not be taken for it.
(function () {
  "use strict";

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("[data-scan]") || !window.htmx) return;
    event.preventDefault();
    var code = form.elements.code.value;
    if (!code.trim()) return;
    form.reset();
    form.elements.code.focus();
    window.htmx.ajax("POST", form.dataset.scan, { source: form, target: "#answer", values: { code: code } });
  });

  document.addEventListener("htmx:beforeRequest", function (event) {
    if (event.detail.elt.matches("[data-scan]")) document.getElementById("answer").replaceChildren();
  });

  // The answer is felt as well as seen.
  document.addEventListener("htmx:afterSwap", function (event) {
    var verdict = event.detail.target.querySelector("[data-verdict]");
    if (!verdict || !navigator.vibrate) return;
    navigator.vibrate(verdict.dataset.verdict === "admitted" ? 80 : [120, 80, 120]);
  });
})();
