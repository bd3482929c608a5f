// A button beside what people must carry over to another page: a reference, an account number.
(function () {
  "use strict";

  if (!navigator.clipboard) return;
  document.querySelectorAll("[data-copy]").forEach(function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      navigator.clipboard.writeText(button.dataset.copy).then(function () {
        button.querySelector("[data-words]").textContent = button.dataset.done;
      });
    });
  });
})();
