// A refused form comes back with the reason in focus, for the eye, the keyboard and the screen reader.
(function () {
  "use strict";

  function focus(root) {
    var notice = root.matches && root.matches("[data-focus]") ? root : root.querySelector("[data-focus]");
    if (notice) notice.focus();
  }

  focus(document);
  document.addEventListener("htmx:load", function (event) { focus(event.detail.elt); });
})();
