// The button names what it gets: "Get 2 tickets · ₹1,998". Nothing chosen: its own words, and it leads to the tickets.
(function () {
  "use strict";

  function money(amount, form) {
    var format = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: form.dataset.currency });
    var digits = format.resolvedOptions().maximumFractionDigits;
    var value = amount / Math.pow(10, digits);
    if (value % 1) return format.format(value);
    return new Intl.NumberFormat(document.documentElement.lang, {
      style: "currency", currency: form.dataset.currency, minimumFractionDigits: 0, maximumFractionDigits: 0,
    }).format(value);
  }

  function chosen(form) {
    var tickets = { count: 0, sum: 0 };
    form.querySelectorAll("[data-price]").forEach(function (field) {
      var quantity = quantityOf(field);
      tickets.count += quantity;
      tickets.sum += quantity * Number(field.dataset.price);
    });
    return tickets;
  }

  // A number, a seat that is checked or not, or a ticket chosen for a seat.
  function quantityOf(field) {
    if (field.matches("option")) return Number(field.selected);
    if (field.type === "checkbox" || field.type === "radio") return Number(field.checked);
    return Math.max(0, Math.floor(Number(field.value) || 0));
  }

  function words(button, count) {
    var kind = new Intl.PluralRules(document.documentElement.lang).select(count) === "one" ? "one" : "other";
    return button.dataset[kind].replace("{count}", count);
  }

  function refresh(form) {
    var button = form.querySelector("[data-ticket-button]");
    if (!button || !window.Intl) return;
    button.dataset.plain = button.dataset.plain || button.textContent;
    var tickets = chosen(form);
    if (!tickets.count) button.textContent = button.dataset.plain;
    else button.textContent = words(button, tickets.count) + " · " + (tickets.sum ? money(tickets.sum, form) : button.dataset.free);
  }

  function refreshAll() {
    document.querySelectorAll("form[data-ticket-form]").forEach(refresh);
  }

  document.addEventListener("input", function (event) {
    var form = event.target.form;
    if (form && form.matches("[data-ticket-form]")) refresh(form);
  });

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (!form.matches("[data-ticket-form]") || chosen(form).count) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    var first = form.querySelector("[data-first], [data-price]");
    document.getElementById("tickets").scrollIntoView({ block: "start" });
    if (first) first.focus({ preventScroll: true });
  }, true);

  document.addEventListener("htmx:load", refreshAll);
  window.addEventListener("pageshow", refreshAll);
})();
