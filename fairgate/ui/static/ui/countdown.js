// "kept for you until 19:42" gets the minutes beside it. When they are over, the page is asked anew and says so.
(function () {
  "use strict";

  var LONG_ENOUGH = 1500;

  function left(element) {
    return Date.parse(element.dataset.countdown) - Date.now();
  }

  function clock(ms) {
    var seconds = Math.max(0, Math.ceil(ms / 1000));
    return Math.floor(seconds / 60) + ":" + String(seconds % 60).padStart(2, "0");
  }

  function tick(element) {
    var ms = left(element);
    var target = element.querySelector("[data-left]");
    target.textContent = clock(ms);
    target.hidden = false;
    element.classList.toggle("is-short", ms < 60000);
    // The typed fields stay: the page is read anew only when there is none to lose.
    if (ms > -LONG_ENOUGH) return;
    if (element.dataset.over) element.textContent = element.dataset.over;
    else location.reload();
    clearInterval(element.timer);
  }

  document.querySelectorAll("[data-countdown]").forEach(function (element) {
    if (left(element) < 0) return;
    element.timer = setInterval(function () { tick(element); }, 1000);
    tick(element);
  });
})();
