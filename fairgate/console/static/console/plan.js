// A click in the plan chooses a seat, as its box below does. Without this script the boxes do it all.
(function () {
  "use strict";

  var form = document.querySelector("[data-seats]");
  var plan = document.querySelector("[data-plan]");
  var said = form.querySelector("[data-chosen]");

  var boxes = new Map();
  var drawn = new Map();
  form.querySelectorAll("input[name=seat]").forEach(function (box) { boxes.set(box.value, box); });
  plan.querySelectorAll("[data-seat]").forEach(function (seat) { drawn.set(seat.dataset.seat, seat); });

  function seatsOf(row) {
    return Array.from(row.querySelectorAll("input[name=seat]:not(:disabled)"));
  }

  function show(box) {
    drawn.get(box.value).classList.toggle("chosen", box.checked);
  }

  function tell() {
    var number = form.querySelectorAll("input[name=seat]:checked").length;
    said.textContent = number === 0 ? "" : number === 1 ? said.dataset.one : said.dataset.many.replace("{}", number);
  }

  function refresh(row) {
    var seats = seatsOf(row);
    var whole = row.querySelector("input[name=row]");
    if (whole) whole.checked = seats.every(function (seat) { return seat.checked; });
    seats.forEach(show);
  }

  form.addEventListener("change", function (event) {
    var box = event.target;
    var row = box.closest("fieldset");
    if (box.name === "row") seatsOf(row).forEach(function (seat) { seat.checked = box.checked; });
    refresh(row);
    tell();
  });

  plan.addEventListener("click", function (event) {
    var box = boxes.get(event.target.dataset.seat);
    if (box) box.click();
  });

  // Who points at a seat is told its name.
  plan.addEventListener("pointerover", function (event) {
    var box = boxes.get(event.target.dataset.seat);
    if (!box || event.target.firstChild) return;
    var title = document.createElementNS(plan.namespaceURI, "title");
    title.textContent = box.closest("fieldset").querySelector("legend").textContent + " · " + box.parentElement.textContent;
    event.target.appendChild(title);
  });

  // One field for all seats: a server reads only so many.
  form.addEventListener("formdata", function (event) {
    var seats = event.formData.getAll("seat");
    event.formData.delete("row");
    event.formData.set("seat", seats.join(","));
  });

  function refreshAll() {
    form.querySelectorAll("fieldset").forEach(refresh);
    tell();
  }

  plan.parentElement.classList.add("live");
  refreshAll();
  window.addEventListener("pageshow", refreshAll);
})();
