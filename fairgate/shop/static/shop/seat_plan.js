// Makes the plan a field to choose seats from: by hand, or by arrow keys and space. The checkboxes of the list below
// stay what is sent; here each seat of the drawing only stands for its own.
(function () {
  "use strict";

  var PERIOD_MS = 5000;
  // Who presses the button at the moment a seat is lost meant all that were chosen before.
  var SURPRISE_MS = 1500;
  var form = document.querySelector("[data-seat-plan]");
  if (!form) return;
  var plan = form.querySelector("[data-plan]");
  var seats = Array.from(plan.querySelectorAll("[data-seat]"));
  var list = form.querySelector("[data-chosen] ul");
  var kept = "once:seats:" + location.pathname;
  // What was sent from here before: it may be taken by nobody but us.
  var mine = new Set();
  var lostAt = 0;

  function field(seat) {
    return document.getElementById("seat-" + seat.dataset.seat);
  }

  function seatOf(input) {
    return plan.querySelector("[data-seat='" + input.id.slice(5) + "']");
  }

  function kindsOf(input) {
    return document.querySelector("[data-kinds='" + input.closest("[data-quota]").dataset.quota + "']").content;
  }

  // The drawing.

  function draw(seat) {
    var input = field(seat);
    var words = input.closest("[data-quota]").dataset;
    seat.classList.toggle("taken", input.disabled);
    seat.setAttribute("aria-checked", input.checked);
    seat.setAttribute("aria-disabled", input.disabled);
    seat.setAttribute("aria-label", input.dataset.name + ", " + (input.disabled ? words.taken : words.free));
  }

  function choose(input, isChosen, kind) {
    if (input.disabled) return;
    input.checked = isChosen;
    setKind(input, kind || input.value.split(":")[1]);
    input.dispatchEvent(new Event("input", { bubbles: true }));
  }

  function setKind(input, kind) {
    var options = Array.from(kindsOf(input).querySelectorAll("option"));
    var option = options.find(function (one) { return one.value === kind; }) || options[0];
    if (!option) return;
    input.value = input.id.slice(5) + ":" + option.value;
    input.dataset.price = option.dataset.costs;
  }

  // One seat of the plan is in the order of the Tab key: the last one that was reached.
  function enter(seat) {
    plan.querySelectorAll("[tabindex='0']").forEach(function (one) {
      one.setAttribute("tabindex", "-1");
      delete one.dataset.first;
    });
    seat.setAttribute("tabindex", "0");
    seat.dataset.first = "";
  }

  function place(seat) {
    var at = seat.transform.baseVal.getItem(0).matrix;
    return { x: at.e, y: at.f };
  }

  function nearest(from, candidates, distance) {
    return candidates.reduce(function (best, one) {
      return !best || distance(place(one)) < distance(place(best)) ? one : best;
    }, null);
  }

  function neighbor(seat, key) {
    var at = place(seat);
    var inRow = seats.filter(function (one) { return place(one).y === at.y; });
    function aside(to) { return Math.abs(to.x - at.x); }
    function away(to) { return Math.abs(to.y - at.y) * 10000 + aside(to); }
    if (key === "ArrowRight") return nearest(seat, inRow.filter(function (one) { return place(one).x > at.x; }), aside);
    if (key === "ArrowLeft") return nearest(seat, inRow.filter(function (one) { return place(one).x < at.x; }), aside);
    if (key === "ArrowDown") return nearest(seat, seats.filter(function (one) { return place(one).y > at.y; }), away);
    if (key === "ArrowUp") return nearest(seat, seats.filter(function (one) { return place(one).y < at.y; }), away);
    if (key === "Home") return inRow[0];
    if (key === "End") return inRow[inRow.length - 1];
    return null;
  }

  plan.addEventListener("click", function (event) {
    var seat = event.target.closest("[data-seat]");
    if (!seat) return;
    enter(seat);
    choose(field(seat), !field(seat).checked);
  });

  plan.addEventListener("keydown", function (event) {
    var seat = event.target.closest("[data-seat]");
    if (!seat || event.altKey || event.ctrlKey || event.metaKey) return;
    var next = neighbor(seat, event.key);
    if (next) {
      enter(next);
      next.focus();
    } else if (event.key === " " || event.key === "Enter") {
      choose(field(seat), !field(seat).checked);
    } else if (!event.key.startsWith("Arrow")) {
      return;
    }
    event.preventDefault();
  });

  // What was chosen.

  function listed(input) {
    return list.querySelector("[data-of='" + input.id + "']");
  }

  function show(input) {
    var item = listed(input);
    draw(seatOf(input));
    if (input.checked && !item) add(input);
    if (!input.checked && item) item.remove();
    form.querySelector("[data-none]").hidden = list.children.length > 0;
  }

  function add(input) {
    var item = kindsOf(input).cloneNode(true).firstElementChild;
    var drop = item.querySelector("[data-drop]");
    var select = item.querySelector("select");
    item.dataset.of = input.id;
    item.querySelector("[data-name]").textContent = input.dataset.name;
    drop.setAttribute("aria-label", drop.dataset.drop.replace("{seat}", input.dataset.name));
    if (select) {
      select.value = input.value.split(":")[1];
      select.setAttribute("aria-label", select.dataset.kind.replace("{seat}", input.dataset.name));
    }
    // In the order of the plan.
    var after = Array.from(list.children).find(function (other) {
      return input.compareDocumentPosition(document.getElementById(other.dataset.of)) & Node.DOCUMENT_POSITION_FOLLOWING;
    });
    list.insertBefore(item, after || null);
  }

  form.addEventListener("input", function (event) {
    var input = event.target;
    var item = input.closest("[data-of]");
    if (item) setKind(document.getElementById(item.dataset.of), input.value);
    if (input.name !== "seat") return;
    if (input.checked && input.value.indexOf(":") < 0) setKind(input);
    if (input.checked && form.querySelector("[data-lost]")) form.querySelector("[data-lost]").hidden = true;
    show(input);
  });

  list.addEventListener("click", function (event) {
    var drop = event.target.closest("[data-drop]");
    if (!drop) return;
    var input = document.getElementById(drop.closest("[data-of]").dataset.of);
    choose(input, false);
    seatOf(input).focus();
  });

  // What others take meanwhile.

  function look() {
    if (document.hidden || !document.contains(form)) return;
    fetch(form.dataset.takenUrl).then(function (answer) { return answer.ok ? answer.json() : null; }).then(function (now) {
      if (now) note(new Set(now.taken));
    }).catch(function () { /* what is shown is a little older then; the hold decides */ });
  }

  function note(taken) {
    seats.forEach(function (seat) {
      var input = field(seat);
      var isTaken = taken.has(Number(seat.dataset.seat)) && !mine.has(input.id);
      if (isTaken === input.disabled || input.closest("[data-closed]")) return;
      if (isTaken && input.checked) lose(input);
      input.disabled = isTaken;
      draw(seat);
    });
  }

  function lose(input) {
    var notice = form.querySelector("[data-lost]");
    choose(input, false);
    lostAt = Date.now();
    if (!notice) return;
    notice.querySelector("[data-words]").textContent = notice.dataset.lost.replace("{seat}", input.dataset.name);
    notice.hidden = false;
  }

  // What was chosen before: by who comes back from the checkout, or by the address of a refusal.

  function recall() {
    var before = [];
    try { before = JSON.parse(sessionStorage.getItem(kept)) || []; } catch (noStorage) { /* nothing was kept */ }
    before.forEach(function (value) { mine.add("seat-" + value.split(":")[0]); });
    before.concat(location.hash.slice(1).split(",")).forEach(function (value) {
      var input = /^\d+(:\d+)?$/.test(value) && document.getElementById("seat-" + value.split(":")[0]);
      if (!input) return;
      if (mine.has(input.id)) input.disabled = false;
      choose(input, true, value.split(":")[1]);
    });
  }

  window.addEventListener("submit", function (event) {
    if (event.target !== form || Date.now() - lostAt > SURPRISE_MS) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);

  form.addEventListener("htmx:afterRequest", function (event) {
    if (event.target !== form) return;
    var leaves = event.detail.xhr.getResponseHeader("HX-Redirect");
    var sent = leaves ? Array.from(form.querySelectorAll("[name='seat']:checked")) : [];
    mine = new Set(sent.map(function (input) { return input.id; }));
    try {
      sessionStorage.setItem(kept, JSON.stringify(sent.map(function (input) { return input.value; })));
    } catch (noStorage) { /* the page remembers */ }
  });

  function start() {
    plan.classList.add("live");
    plan.setAttribute("role", "group");
    seats.forEach(function (seat) {
      seat.setAttribute("role", "checkbox");
      seat.setAttribute("tabindex", "-1");
      draw(seat);
    });
    enter(seats.find(function (seat) { return !field(seat).disabled; }) || seats[0]);
    form.querySelector("[data-list]").open = false;
    form.querySelectorAll("[data-without-script]").forEach(function (fields) { fields.hidden = fields.disabled = true; });
    form.querySelector("[data-chosen]").hidden = false;
    recall();
    form.querySelectorAll("[name='seat']:checked").forEach(function (input) { choose(input, true); });
    var scroll = form.querySelector("[data-scroll]");
    scroll.scrollLeft = (scroll.scrollWidth - scroll.clientWidth) / 2;
    form.querySelector("[data-zoom-row]").hidden = scroll.scrollWidth <= scroll.clientWidth;
  }

  form.querySelector("[data-zoom]").addEventListener("click", function (event) {
    var button = event.currentTarget;
    var words = button.textContent;
    form.querySelector("[data-scroll]").classList.toggle("whole");
    button.textContent = button.dataset.zoom;
    button.dataset.zoom = words;
  });

  start();
  window.addEventListener("pageshow", function (event) { if (event.persisted) look(); });
  document.addEventListener("visibilitychange", look);
  setInterval(look, PERIOD_MS);
})();
