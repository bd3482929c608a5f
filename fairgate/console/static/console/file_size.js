// A file that is too large is refused before it is sent, which on a phone takes minutes.
(function () {
  "use strict";

  document.addEventListener("change", function (event) {
    var input = event.target;
    if (!input.matches("[data-most-bytes]")) return;
    var said = input.parentNode.querySelector("[data-said]");
    if (said) said.remove();
    if (!input.files.length || input.files[0].size <= Number(input.dataset.mostBytes)) return;
    said = document.createElement("p");
    said.className = "error";
    said.dataset.said = "";
    said.setAttribute("role", "alert");
    said.textContent = input.dataset.tooLarge;
    input.value = "";
    input.before(said);
  });
})();
