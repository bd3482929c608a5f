-- The only writers of stock_quota.taken, stock_hold, stock_holditem, stock_move and stock_seattaken. What is particular
-- to numbered seats is in seats.sql.
--
-- Why they cannot oversell: every function that changes `taken` first locks the quota rows it will touch, in the order
-- of their ids, and keeps them locked until it commits. So two transactions never decide on the same places, and never
-- wait for each other in a circle. The CHECK on stock_quota stands behind that, whoever writes.
--
-- Order of locks, everywhere: quotas by id, then holds. (Placing an order locks its hold and no quota at all.)
--
-- Time is the database's clock, never a client's. What is due is asked with a time that stands still: an index cannot
-- look for clock_timestamp(), which every row might find changed, so all active holds would be read.
--
-- Plans: PL/pgSQL may keep a plan that was made while a table was empty, and scan the whole table ever after. The hot
-- functions therefore forbid the plans that scan; each of their joins starts from a short array. And they forbid to
-- plan anew for each call, which PostgreSQL thinks worth it for short arrays and which takes longer than the call.
-- Where an index could be read from end to end instead of being asked (for its order, or since it is partial), nothing
-- but statistics speaks against it, and they say that the table is small as a sale begins: hence each OFFSET 0, which
-- keeps a look-up apart from what orders or joins its rows, each v_active, which hides from the planner that a partial
-- index would do, each count that could be a NOT EXISTS, and event_id + 0, for which no index can be read.
-- tests/test_plans.py lets the tables grow under such plans.

-- Grant a batch of requests to one event in their order, each as a whole or not at all.
--
-- A request is one element of p_holds, p_keys and p_prints (its place there is its number) and one or more elements of
-- the item arrays, which must be sorted by request. Who chose seats gives an element of the seat arrays for each, sorted
-- by item (its place in the item arrays); who did not gets the best that are free together. The answer has a row for
-- each item, with its seats. Outcomes: held; repeat (same key and body: the earlier hold); key-reused (same key, other
-- body); invalid (reason says why, at its item); sold-out (left says what there is); seat-taken (seats says which);
-- again (another lane was granting the same key: ask again). A request that does not fit takes nothing, so that a
-- smaller one behind it can still be served.
CREATE OR REPLACE FUNCTION stock_hold_places(
    p_event bigint, p_ttl interval,
    p_holds uuid[], p_keys uuid[], p_prints uuid[],
    p_requests int[], p_types bigint[], p_quantities int[], p_seat_items int[], p_seats bigint[]
) RETURNS TABLE (
    request int, outcome text, hold uuid, state text, expires_at timestamptz, currency text,
    ticket_type bigint, quantity int, price bigint, "left" int, reason text, seats bigint[]
)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    v_items int := coalesce(cardinality(p_types), 0);
    v_currency text;
    v_prices bigint[];          -- by item
    v_reasons text[];           -- by item, null: may be sold
    v_lefts int[] := array_fill(null::int, ARRAY[v_items]);
    v_outcomes text[];          -- by request
    v_earlier uuid[];           -- by request: the hold that its key made before
    v_quotas bigint[];          -- locked, by position
    v_free int[];               -- by position
    v_seated boolean[];         -- by position: are its places numbered
    v_has_seats boolean;
    v_need_items int[];         -- one element for each item and each quota that it draws on
    v_need_positions int[];
    v_held int := 0;            -- requests that fit
    v_inserted uuid[];
    v_now timestamptz;
    v_item int := 1;
    v_need int := 1;
    v_need_from int;
    v_item_from int;
    v_fits boolean;
    v_left int;
    v_refused_item int;         -- a request is refused for the seats of one item
    v_refused_items int[];      -- with the seats that were taken, one element for each
    v_refused_seats bigint[];
    v_seats_outcome text;
    v_seats bigint[];
BEGIN
    -- What may be sold, at which price. Later than this the event may close; a hold made meanwhile stays good.
    SELECT max(e.currency), array_agg(tt.price ORDER BY i.n),
           array_agg(CASE
               WHEN tt.id IS NULL THEN 'unknown'
               WHEN e.state <> 'published' OR NOT tt.is_active THEN 'closed'
               WHEN tt.sale_starts_at > clock_timestamp() THEN 'early'
               WHEN least(tt.sale_ends_at, s.ends_at) <= clock_timestamp() THEN 'ended'
               -- What nobody may order is kept for nobody; how many a buyer has is looked at with the order.
               WHEN i.quantity > least(tt.max_per_order, tt.max_per_buyer, e.max_per_buyer)
               THEN 'limit:' || least(tt.max_per_order, tt.max_per_buyer, e.max_per_buyer)
               WHEN i.quantity < tt.min_per_order THEN 'least:' || tt.min_per_order
               WHEN NOT EXISTS (SELECT 1 FROM stock_draw d WHERE d.ticket_type_id = tt.id) THEN 'closed'
           END ORDER BY i.n)
      INTO v_currency, v_prices, v_reasons
      FROM unnest(p_types, p_quantities) WITH ORDINALITY i(ticket_type, quantity, n)
      LEFT JOIN events_tickettype tt ON tt.id = i.ticket_type AND tt.event_id = p_event
      LEFT JOIN events_event e ON e.id = tt.event_id
      LEFT JOIN events_session s ON s.id = tt.session_id;

    -- Places whose time is up are on sale again before anyone is refused.
    v_quotas := ARRAY(SELECT DISTINCT d.quota_id FROM stock_draw d WHERE d.ticket_type_id = ANY (p_types));
    IF EXISTS (SELECT 1 FROM stock_hold h
                WHERE h.event_id + 0 = p_event AND h.state = 'active' AND h.expires_at <= statement_timestamp()) THEN
        PERFORM stock_expire_event(p_event, v_quotas);
    END IF;

    SELECT array_agg(q.id), array_agg(q.capacity - q.taken), array_agg(q.is_seated), bool_or(q.is_seated)
      INTO v_quotas, v_free, v_seated, v_has_seats
      FROM (SELECT q.id, q.capacity, q.taken, q.is_seated
              FROM stock_quota q WHERE q.id = ANY (v_quotas) ORDER BY q.id FOR UPDATE) q;
    SELECT array_agg(i.n ORDER BY i.n, d.quota_id), array_agg(array_position(v_quotas, d.quota_id) ORDER BY i.n, d.quota_id)
      INTO v_need_items, v_need_positions
      FROM unnest(p_types) WITH ORDINALITY i(ticket_type, n) JOIN stock_draw d ON d.ticket_type_id = i.ticket_type;

    SELECT array_agg(h.id ORDER BY r.n),
           array_agg(CASE WHEN h.id IS NULL THEN NULL WHEN h.fingerprint = r.print THEN 'repeat' ELSE 'key-reused' END ORDER BY r.n)
      INTO v_earlier, v_outcomes
      FROM unnest(p_keys, p_prints) WITH ORDINALITY r(key, print, n)
      LEFT JOIN (SELECT h.id, h.idempotency_key, h.fingerprint FROM stock_hold h
                  WHERE h.event_id = p_event AND h.idempotency_key = ANY (p_keys) OFFSET 0) h ON h.idempotency_key = r.key;

    FOR v_request IN 1 .. cardinality(p_holds) LOOP
        v_item_from := v_item;
        v_need_from := v_need;
        v_fits := v_outcomes[v_request] IS NULL;
        WHILE v_item <= v_items AND p_requests[v_item] = v_request LOOP
            IF v_fits AND v_reasons[v_item] IS NOT NULL THEN
                v_outcomes[v_request] := 'invalid';
                v_fits := false;
            END IF;
            WHILE v_need_items[v_need] = v_item LOOP
                v_free[v_need_positions[v_need]] := v_free[v_need_positions[v_need]] - p_quantities[v_item];
                v_fits := v_fits AND v_free[v_need_positions[v_need]] >= 0;
                v_need := v_need + 1;
            END LOOP;
            v_item := v_item + 1;
        END LOOP;
        IF v_fits AND (v_has_seats OR cardinality(p_seats) > 0) THEN
            SELECT t.outcome, t.item, t.seats INTO v_seats_outcome, v_refused_item, v_seats
              FROM stock_take_seats(
                       p_holds[v_request], p_types, p_quantities, p_seat_items, p_seats,
                       int4range(v_item_from, v_item), v_need_items[v_need_from : v_need - 1],
                       v_need_positions[v_need_from : v_need - 1], v_quotas, v_seated) t;
            v_fits := v_seats_outcome = 'taken';
            IF NOT v_fits THEN
                v_outcomes[v_request] := CASE v_seats_outcome WHEN 'seat-taken' THEN 'seat-taken' ELSE 'invalid' END;
                IF v_seats_outcome <> 'seat-taken' THEN
                    v_reasons[v_refused_item] := v_seats_outcome;
                END IF;
                v_refused_items := v_refused_items || array_fill(v_refused_item, ARRAY[cardinality(v_seats)]);
                v_refused_seats := v_refused_seats || v_seats;
            END IF;
        END IF;
        IF v_fits THEN
            v_outcomes[v_request] := 'held';
            v_held := v_held + 1;
            CONTINUE;
        END IF;
        -- It takes nothing: put back what was counted, then say what is left of each item.
        FOR v_back IN v_need_from .. v_need - 1 LOOP
            v_free[v_need_positions[v_back]] := v_free[v_need_positions[v_back]] + p_quantities[v_need_items[v_back]];
        END LOOP;
        IF v_outcomes[v_request] IS NULL THEN
            v_outcomes[v_request] := 'sold-out';
            FOR v_back IN v_need_from .. v_need - 1 LOOP
                v_left := v_free[v_need_positions[v_back]];
                v_lefts[v_need_items[v_back]] := least(v_lefts[v_need_items[v_back]], v_left);
            END LOOP;
        END IF;
    END LOOP;

    v_now := clock_timestamp();
    IF v_held > 0 THEN
        WITH granted AS (
            INSERT INTO stock_hold (id, event_id, state, idempotency_key, fingerprint, created_at, expires_at)
            SELECT r.hold, p_event, 'active', r.key, r.print, v_now, v_now + p_ttl
              FROM unnest(p_holds, p_keys, p_prints, v_outcomes) r(hold, key, print, outcome)
             WHERE r.outcome = 'held'
            ON CONFLICT (event_id, idempotency_key) DO NOTHING
            RETURNING id)
        SELECT array_agg(g.id) INTO v_inserted FROM granted g;
    END IF;
    IF coalesce(cardinality(v_inserted), 0) < v_held THEN
        SELECT array_agg(CASE WHEN r.outcome = 'held' AND r.hold <> ALL (coalesce(v_inserted, '{}')) THEN 'again' ELSE r.outcome END ORDER BY r.n)
          INTO v_outcomes FROM unnest(p_holds, v_outcomes) WITH ORDINALITY r(hold, outcome, n);
        DELETE FROM stock_seattaken t
         WHERE t.hold_id IN (SELECT r.hold FROM unnest(p_holds, v_outcomes) r(hold, outcome) WHERE r.outcome = 'again');
    END IF;

    IF v_inserted IS NOT NULL THEN
        INSERT INTO stock_holditem (hold_id, ticket_type_id, quantity, unit_price)
        SELECT p_holds[i.request], i.ticket_type, i.quantity, i.price
          FROM unnest(p_requests, p_types, p_quantities, v_prices) i(request, ticket_type, quantity, price)
         WHERE v_outcomes[i.request] = 'held';

        WITH wanted AS (
            SELECT v_quotas[n.position] AS quota, p_holds[p_requests[n.item]] AS hold, p_types[n.item] AS ticket_type,
                   p_quantities[n.item] AS quantity, row_number() OVER (PARTITION BY n.position ORDER BY n.item) AS rank
              FROM unnest(v_need_items, v_need_positions) n(item, position)
             WHERE v_outcomes[p_requests[n.item]] = 'held'),
        counted AS (
            UPDATE stock_quota q SET taken = q.taken + w.quantity, seq = q.seq + w.moves
              FROM (SELECT quota, sum(quantity) AS quantity, count(*) AS moves FROM wanted GROUP BY quota) w
             WHERE q.id = w.quota
            RETURNING q.id, q.capacity, q.seq - w.moves AS seq)
        INSERT INTO stock_move (quota_id, seq, kind, quantity, capacity, hold_id, ticket_type_id, at)
        SELECT w.quota, c.seq + w.rank, 'hold', w.quantity, c.capacity, w.hold, w.ticket_type, v_now
          FROM wanted w JOIN counted c ON c.id = w.quota;
    END IF;

    -- One row an item: a row a request would have to search the item arrays once for each request.
    RETURN QUERY
    SELECT i.request, v_outcomes[i.request], coalesce(h.id, p_holds[i.request]), coalesce(h.state, 'active')::text,
           coalesce(h.expires_at, v_now + p_ttl), v_currency, i.ticket_type, i.quantity,
           CASE WHEN h.id IS NULL THEN i.price
           ELSE (SELECT hi.unit_price FROM stock_holditem hi WHERE hi.hold_id = h.id AND hi.ticket_type_id = i.ticket_type) END,
           i.lft, i.reason,
           CASE v_outcomes[i.request]
           WHEN 'seat-taken' THEN (SELECT array_agg(r.seat) FROM unnest(v_refused_items, v_refused_seats) r(item, seat)
                                    WHERE r.item = i.n)
           WHEN 'held' THEN CASE WHEN v_has_seats THEN stock_seats_of(p_holds[i.request], i.ticket_type) END
           WHEN 'repeat' THEN CASE WHEN v_has_seats THEN stock_seats_of(h.id, i.ticket_type) END
           END
      FROM unnest(p_requests, p_types, p_quantities, v_prices, v_lefts, v_reasons) WITH ORDINALITY
           i(request, ticket_type, quantity, price, lft, reason, n)
      LEFT JOIN LATERAL (SELECT * FROM stock_hold h WHERE h.id = v_earlier[i.request] OFFSET 0) h ON true
     ORDER BY i.n;
END $$;


-- Give back what some holds took, by release or by expiry: their quotas are locked first, then the holds change state,
-- and only those that did so here give back. Returns how many did.
CREATE OR REPLACE FUNCTION stock_end_holds(p_holds uuid[], p_state text, p_kind text) RETURNS int
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_active constant text := 'active';
    v_ended uuid[];
BEGIN
    PERFORM 1 FROM stock_quota q
      WHERE q.id = ANY (ARRAY(SELECT m.quota_id FROM stock_move m WHERE m.hold_id = ANY (p_holds) AND m.kind = 'hold'))
      ORDER BY q.id FOR UPDATE;

    -- A hold that is becoming an order at this moment is passed over: it is not waited for while quotas are locked.
    WITH ended AS (
        UPDATE stock_hold h SET state = p_state
         WHERE h.id = ANY (ARRAY(SELECT c.id FROM stock_hold c
                                  WHERE c.id = ANY (p_holds) AND c.state = v_active
                                    AND (p_state <> 'expired' OR c.expires_at <= clock_timestamp())
                                  ORDER BY c.id FOR UPDATE SKIP LOCKED))
        RETURNING h.id)
    SELECT array_agg(ended.id) INTO v_ended FROM ended;
    IF v_ended IS NULL THEN
        RETURN 0;
    END IF;

    DELETE FROM stock_seattaken t WHERE t.hold_id = ANY (v_ended);
    WITH given AS (
        SELECT m.quota_id, m.hold_id, m.ticket_type_id, m.quantity,
               row_number() OVER (PARTITION BY m.quota_id ORDER BY m.seq) AS rank
          FROM (SELECT * FROM stock_move m WHERE m.hold_id = ANY (v_ended) AND m.kind = 'hold' OFFSET 0) m),
    counted AS (
        UPDATE stock_quota q SET taken = q.taken - g.quantity, seq = q.seq + g.moves
          FROM (SELECT quota_id, sum(quantity) AS quantity, count(*) AS moves FROM given GROUP BY quota_id) g
         WHERE q.id = g.quota_id
        RETURNING q.id, q.capacity, q.seq - g.moves AS seq)
    INSERT INTO stock_move (quota_id, seq, kind, quantity, capacity, hold_id, ticket_type_id, at)
    SELECT g.quota_id, c.seq + g.rank, p_kind, -g.quantity, c.capacity, g.hold_id, g.ticket_type_id, clock_timestamp()
      FROM given g JOIN counted c ON c.id = g.quota_id;
    RETURN cardinality(v_ended);
END $$;


-- Release one active hold. False: there was nothing to release.
CREATE OR REPLACE FUNCTION stock_release_hold(p_hold uuid) RETURNS boolean
LANGUAGE sql AS $$ SELECT stock_end_holds(ARRAY[p_hold], 'released', 'release') > 0 $$;


-- Expire what is due of one event, as long as it concerns no other quotas than the caller is about to lock; the
-- sweeper does the rest.
CREATE OR REPLACE FUNCTION stock_expire_event(p_event bigint, p_quotas bigint[]) RETURNS int
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_due uuid[];
BEGIN
    SELECT array_agg(due.id) INTO v_due
      FROM (SELECT h.id FROM stock_hold h
             WHERE h.event_id + 0 = p_event AND h.state = 'active' AND h.expires_at <= statement_timestamp()
             ORDER BY h.expires_at LIMIT 500) due
     WHERE (SELECT count(*) FROM stock_move m
             WHERE m.hold_id = due.id AND m.kind = 'hold' AND m.quota_id <> ALL (p_quotas)) = 0;
    IF v_due IS NULL THEN
        RETURN 0;
    END IF;
    -- All quotas of the caller, not only those of the due holds: it locks them anyway, and in one order.
    PERFORM 1 FROM stock_quota q WHERE q.id = ANY (p_quotas) ORDER BY q.id FOR UPDATE;
    RETURN stock_end_holds(v_due, 'expired', 'expire');
END $$;


-- Expire up to p_limit holds that are due, over all events. Returns how many; fewer than the limit means: no more.
CREATE OR REPLACE FUNCTION stock_expire_holds(p_limit int) RETURNS int
LANGUAGE sql AS $$
    SELECT stock_end_holds(ARRAY(
        SELECT h.id FROM stock_hold h WHERE h.state = 'active' AND h.expires_at <= statement_timestamp()
         ORDER BY h.expires_at LIMIT p_limit), 'expired', 'expire')
$$;


-- Turn an active hold into something sold. Its places stay taken, so no quota is touched. False: too late.
CREATE OR REPLACE FUNCTION stock_convert_hold(p_hold uuid) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    v_active constant text := 'active';
BEGIN
    UPDATE stock_hold SET state = 'converted'
     WHERE id = p_hold AND state = v_active AND expires_at > clock_timestamp();
    RETURN FOUND;
END $$;


-- Give a hold more time, once: at least p_grace from now. Returns its new end; null: it had that already, or ended.
CREATE OR REPLACE FUNCTION stock_extend_hold(p_hold uuid, p_grace interval) RETURNS timestamptz
LANGUAGE plpgsql AS $$
DECLARE
    v_active constant text := 'active';
    v_end timestamptz;
BEGIN
    UPDATE stock_hold SET expires_at = greatest(expires_at, clock_timestamp() + p_grace), is_extended = true
     WHERE id = p_hold AND state = v_active AND expires_at > clock_timestamp() AND NOT is_extended
    RETURNING expires_at INTO v_end;
    RETURN v_end;
END $$;


-- Give back the places of canceled tickets: each ticket one place of every quota that its type draws on (which is fixed
-- once a place was taken), and its seat. Repeating it gives nothing back twice. Returns the number of places given back.
CREATE OR REPLACE FUNCTION stock_return_places(p_hold uuid, p_tickets uuid[], p_types bigint[], p_seats bigint[]) RETURNS int
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_returned int;
BEGIN
    PERFORM 1 FROM stock_quota q
      WHERE q.id = ANY (ARRAY(SELECT DISTINCT d.quota_id FROM stock_draw d WHERE d.ticket_type_id = ANY (p_types)))
      ORDER BY q.id FOR UPDATE;

    DELETE FROM stock_seattaken t WHERE t.seat_id = ANY (p_seats) AND t.hold_id = p_hold;
    WITH given AS (
        SELECT d.quota_id, t.ticket, d.ticket_type_id, row_number() OVER (PARTITION BY d.quota_id ORDER BY t.ticket) AS rank
          FROM unnest(p_tickets, p_types) t(ticket, ticket_type)
          JOIN stock_draw d ON d.ticket_type_id = t.ticket_type
         WHERE (SELECT count(*) FROM stock_move r
                 WHERE r.ticket_id = t.ticket AND r.quota_id = d.quota_id AND r.kind = 'return') = 0),
    counted AS (
        UPDATE stock_quota q SET taken = q.taken - g.moves, seq = q.seq + g.moves
          FROM (SELECT quota_id, count(*) AS moves FROM given GROUP BY quota_id) g
         WHERE q.id = g.quota_id
        RETURNING q.id, q.capacity, q.seq - g.moves AS seq)
    INSERT INTO stock_move (quota_id, seq, kind, quantity, capacity, hold_id, ticket_type_id, ticket_id, at)
    SELECT g.quota_id, c.seq + g.rank, 'return', -1, c.capacity, p_hold, g.ticket_type_id, g.ticket, clock_timestamp()
      FROM given g JOIN counted c ON c.id = g.quota_id;
    GET DIAGNOSTICS v_returned = ROW_COUNT;
    RETURN v_returned;
END $$;


-- Change a quota's capacity while it sells. Returns null when done, else what is taken: capacity cannot go below it.
CREATE OR REPLACE FUNCTION stock_resize_quota(p_quota bigint, p_capacity int) RETURNS int
LANGUAGE plpgsql AS $$
DECLARE
    v_quota stock_quota;
BEGIN
    SELECT * INTO STRICT v_quota FROM stock_quota WHERE id = p_quota FOR UPDATE;
    IF v_quota.is_seated AND p_capacity <> (SELECT count(*) FROM stock_seat s WHERE s.quota_id = p_quota AND NOT s.is_blocked) THEN
        RAISE EXCEPTION 'The capacity of quota % is the number of its seats.', p_quota;
    END IF;
    IF v_quota.taken > p_capacity THEN
        RETURN v_quota.taken;
    END IF;
    UPDATE stock_quota SET capacity = p_capacity, seq = seq + 1 WHERE id = p_quota;
    INSERT INTO stock_move (quota_id, seq, kind, quantity, capacity, at)
    VALUES (p_quota, v_quota.seq + 1, 'resize', 0, p_capacity, clock_timestamp());
    RETURN NULL;
END $$;
