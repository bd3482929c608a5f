// No answer, or one of the door's own: said beside the button, and everything typed stays.
(function () {
  "use strict";

  function say(event) {
    var form = event.detail.elt.closest("form");
    var place = form && form.querySelector("[data-failed]");
    if (!place) return;
    var status = event.detail.xhr ? event.detail.xhr.status : 0;
    place.querySelector("[data-words]").textContent = status === 429 || status === 503 ? place.dataset.busy : place.dataset.failed;
    place.hidden = false;
  }

  document.addEventListener("htmx:sendError", say);
  document.addEventListener("htmx:timeout", say);
  document.addEventListener("htmx:responseError", say);
  document.addEventListener("htmx:beforeRequest", function (event) {
    var form = event.detail.elt.closest("form");
    var place = form && form.querySelector("[data-failed]");
    if (place) place.hidden = true;
  });
})();
