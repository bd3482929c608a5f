// Minus and plus beside a number field. Without this script the field takes a typed number.
(function () {
  "use strict";

  function refresh(stepper) {
    var input = stepper.querySelector("input");
    var value = Number(input.value) || 0;
    stepper.querySelector("[data-step='-1']").disabled = value <= Number(input.min || 0);
    stepper.querySelector("[data-step='1']").disabled = input.max !== "" && value >= Number(input.max);
  }

  function refreshAll(root) {
    root.querySelectorAll("[data-stepper]").forEach(refresh);
  }

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-step]");
    if (!button) return;
    var input = button.parentElement.querySelector("input");
    var least = Number(input.dataset.least || 0);
    if (button.dataset.step > 0) input.stepUp();
    else input.stepDown();
    // So many at least, or none.
    if (Number(input.value) < least) input.value = button.dataset.step > 0 ? least : 0;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    if (button.disabled) input.focus();
  });

  document.addEventListener("input", function (event) {
    var stepper = event.target.closest("[data-stepper]");
    if (stepper) refresh(stepper);
  });

  document.addEventListener("htmx:load", function (event) { refreshAll(event.detail.elt); });
  window.addEventListener("pageshow", function () { refreshAll(document); });
})();
