// An open menu closes by Escape, by a click elsewhere, and by leaving it with the keyboard.
(function () {
  "use strict";

  function close(except) {
    document.querySelectorAll("details.menu[open]").forEach(function (menu) {
      if (!except || !menu.contains(except)) menu.open = false;
    });
  }

  document.addEventListener("click", function (event) { close(event.target); });
  document.addEventListener("focusin", function (event) { close(event.target); });
  document.addEventListener("keydown", function (event) {
    var menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (!menu) return;
    menu.open = false;
    menu.querySelector("summary").focus();
  });
})();
