-- Place an order: one statement for the buyer's request, one transaction for all that follows from it.
--
-- The hold is locked and converted, then order, tickets, payment, audit entry and outbox message are written. A hold
-- becomes at most one order: whoever comes second finds it here, and gets the same answer if key and body are the same.
-- Outcomes: placed; repeat; key-reused; hold-used; hold-expired; not-found; wrong-method; limit-reached; not-verified.
-- For the first two and for hold-used, `placed_code` is the order's; for limit-reached, `most` is the limit.
--
-- A limit for one buyer counts the good tickets of all orders under one lock for each event and buyer, taken after the
-- lock on the hold and only where there is a limit.
--
-- p_ids, p_references and p_attendees have one element for each ticket, in the order of the hold's items.
CREATE OR REPLACE FUNCTION orders_place(
    p_hold uuid, p_key uuid, p_print uuid, p_code text, p_email text, p_buyer uuid, p_name text, p_method text,
    p_ids uuid[], p_references text[], p_attendees text[], p_request_id text, p_traceparent text DEFAULT '',
    OUT outcome text, OUT placed_code text, OUT most int
)
LANGUAGE plpgsql AS $$
DECLARE
    v_hold stock_hold;
    v_event events_event;
    v_order orders_order;
    v_earlier orders_order;
    v_types bigint[];
    v_quantities int[];
    v_has_limits boolean;
BEGIN
    SELECT * INTO v_hold FROM stock_hold WHERE id = p_hold FOR UPDATE;
    IF NOT FOUND THEN
        outcome := 'not-found';
        RETURN;
    END IF;
    IF v_hold.state = 'converted' THEN
        SELECT * INTO STRICT v_earlier FROM orders_order WHERE hold_id = p_hold;
        placed_code := v_earlier.code;
        outcome := CASE WHEN v_earlier.idempotency_key <> p_key THEN 'hold-used'
                        WHEN v_earlier.fingerprint = p_print THEN 'repeat' ELSE 'key-reused' END;
        RETURN;
    END IF;

    SELECT * INTO STRICT v_event FROM events_event WHERE id = v_hold.event_id;
    SELECT coalesce(sum(i.quantity * i.unit_price), 0), coalesce(sum(i.quantity * orders_net(i.unit_price, tt.tax_rate_bp)), 0),
           array_agg(i.ticket_type_id), array_agg(i.quantity),
           v_event.max_per_buyer IS NOT NULL OR bool_or(tt.max_per_buyer IS NOT NULL)
      INTO v_order.gross, v_order.net, v_types, v_quantities, v_has_limits
      FROM stock_holditem i JOIN events_tickettype tt ON tt.id = i.ticket_type_id WHERE i.hold_id = p_hold;
    IF (v_order.gross = 0) <> (p_method = 'free') THEN
        outcome := 'wrong-method';
        RETURN;
    END IF;
    IF v_event.verified_only AND NOT EXISTS (
            SELECT 1 FROM orders_verifiedaddress v
             WHERE v.event_id = v_event.id AND v.buyer = p_buyer
               AND v.verified_at < coalesce(orders_sale_starts_at(v_event.id), 'infinity')) THEN
        outcome := 'not-verified';
        RETURN;
    END IF;
    IF v_has_limits THEN
        most := orders_check_limits(v_event.id, p_buyer, v_types, v_quantities, false);
        IF most IS NOT NULL THEN
            outcome := 'limit-reached';
            RETURN;
        END IF;
    END IF;
    IF NOT stock_convert_hold(p_hold) THEN
        outcome := 'hold-expired';
        RETURN;
    END IF;

    INSERT INTO orders_order (code, organizer_id, event_id, hold_id, state, email, buyer, name, currency, gross, net,
                              tax, placed_at, pay_by, idempotency_key, fingerprint)
    VALUES (p_code, v_event.organizer_id, v_event.id, p_hold, CASE p_method WHEN 'free' THEN 'paid' ELSE 'pending' END,
            p_email, p_buyer, p_name, v_event.currency, v_order.gross, v_order.net, v_order.gross - v_order.net, now(),
            CASE WHEN p_method <> 'free' THEN orders_pay_by(v_event) END, p_key, p_print)
    RETURNING * INTO v_order;

    INSERT INTO orders_ticket (id, reference, order_id, event_id, session_id, ticket_type_id, seat_id, position,
                               attendee_name, gross, net, tax, tax_rate_bp)
    SELECT p_ids[n.position], p_references[n.position], v_order.id, v_event.id, n.session_id, n.ticket_type_id,
           n.seats[n.number], n.position, coalesce(nullif(p_attendees[n.position], ''), p_name), n.unit_price,
           orders_net(n.unit_price, n.tax_rate_bp), n.unit_price - orders_net(n.unit_price, n.tax_rate_bp), n.tax_rate_bp
      FROM (SELECT i.ticket_type_id, i.unit_price, tt.session_id, tt.tax_rate_bp, i.seats, g.number,
                   row_number() OVER (ORDER BY i.ticket_type_id, g.number) AS position
              FROM (SELECT i.*, stock_seats_of(p_hold, i.ticket_type_id) AS seats
                      FROM stock_holditem i WHERE i.hold_id = p_hold) i
              JOIN events_tickettype tt ON tt.id = i.ticket_type_id
              CROSS JOIN generate_series(1, i.quantity) g(number)) n;

    INSERT INTO payments_payment (order_id, method, state, amount, currency, created_at, received_at)
    VALUES (v_order.id, p_method, CASE p_method WHEN 'free' THEN 'received' ELSE 'pending' END, v_order.gross,
            v_order.currency, now(), CASE p_method WHEN 'free' THEN now() END);
    INSERT INTO organizers_auditentry (organizer_id, action, subject_type, subject_id, at, data, request_id)
    VALUES (v_order.organizer_id, 'order.placed', 'order', v_order.id::text, now(),
            jsonb_build_object('tickets', cardinality(p_ids), 'gross', v_order.gross), p_request_id);
    INSERT INTO outbox_message (topic, payload, request_id, traceparent)
    VALUES ('order_placed', jsonb_build_object('order', v_order.id), p_request_id, p_traceparent);

    outcome := 'placed';
    placed_code := v_order.code;
END $$;


-- Whether a buyer may have so many more tickets of these types: over all types of the event (`events_event.max_per_buyer`)
-- and of each (`events_tickettype.max_per_buyer`). Null: yes; else the limit that says no. With `p_is_swap` they replace
-- as many others of the event, whose own limit is then no matter. The lock, one for each event and buyer, lasts until
-- the transaction ends.
--
-- Anyone may try with anyone's address, so a refusal tells as little as it can: not how many the buyer has. What is
-- more than a limit by itself is refused by that limit, whatever the buyer has.
CREATE OR REPLACE FUNCTION orders_check_limits(
    p_event bigint, p_buyer uuid, p_types bigint[], p_quantities int[], p_is_swap boolean
) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_most int;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(p_buyer::text, p_event));
    WITH owned AS (
        SELECT t.ticket_type_id AS ticket_type, count(*) AS quantity
          FROM orders_order o JOIN orders_ticket t ON t.order_id = o.id
         WHERE o.event_id = p_event AND o.buyer = p_buyer
           AND NOT EXISTS (SELECT 1 FROM orders_cancellation c WHERE c.ticket_id = t.id)
         GROUP BY t.ticket_type_id),
    wanted AS (
        SELECT w.ticket_type, sum(w.quantity) AS quantity FROM unnest(p_types, p_quantities) w(ticket_type, quantity)
         GROUP BY w.ticket_type),
    limited AS (
        SELECT tt.max_per_buyer AS most, coalesce(o.quantity, 0) AS has, w.quantity AS wants
          FROM wanted w JOIN events_tickettype tt ON tt.id = w.ticket_type
          LEFT JOIN owned o ON o.ticket_type = w.ticket_type
        UNION ALL
        SELECT e.max_per_buyer, (SELECT coalesce(sum(o.quantity), 0) FROM owned o), (SELECT sum(w.quantity) FROM wanted w)
          FROM events_event e WHERE e.id = p_event AND NOT p_is_swap)
    SELECT l.most INTO v_most
      FROM limited l WHERE l.has + l.wants > l.most ORDER BY l.wants <= l.most, l.most LIMIT 1;
    RETURN v_most;
END $$;


-- When the first of an event's ticket types goes on sale, or went: from then on no address is confirmed any more for an
-- event that sells to confirmed addresses alone. Null, if none has such a time: then any time before the order will do.
CREATE OR REPLACE FUNCTION orders_sale_starts_at(p_event bigint) RETURNS timestamptz
LANGUAGE sql STABLE AS $$ SELECT min(tt.sale_starts_at) FROM events_tickettype tt WHERE tt.event_id = p_event $$;


-- The part of a gross amount that is not tax, rounded half up to the minor unit; the rate is in basis points. The same
-- as lib.money.net_of.
CREATE OR REPLACE FUNCTION orders_net(p_gross bigint, p_rate_bp bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE AS $$ SELECT (2 * p_gross * 10000 + 10000 + p_rate_bp) / (2 * (10000 + p_rate_bp)) $$;


-- The end of the last day on which a transfer may arrive, in the event's zone: so many days from now, and before the
-- last session is over.
CREATE OR REPLACE FUNCTION orders_pay_by(p_event events_event) RETURNS timestamptz
LANGUAGE sql STABLE AS $$
    SELECT least(
        (date_trunc('day', now() AT TIME ZONE p_event.time_zone) + make_interval(days => p_event.payment_days + 1)
         - interval '1 minute') AT TIME ZONE p_event.time_zone,
        (SELECT max(s.ends_at) FROM events_session s WHERE s.event_id = p_event.id))
$$;
