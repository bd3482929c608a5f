// Filters apply as soon as one is chosen; the button stays for those without scripts.
(function () {
  "use strict";

  document.addEventListener("change", function (event) {
    var form = event.target.form;
    if (form && form.matches("[data-auto-submit]")) form.requestSubmit();
  });
})();
