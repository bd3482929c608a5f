-- Numbered seats. A seat is taken by a row of stock_seattaken, whose primary key is the seat: at most once. Every
-- function here runs while its caller, or itself, holds the lock on the seat's quota, whose `taken` counts the same
-- places; so where the count fits there are that many free seats.

-- Take the seats of one request that fits by its counts: those it chose, else the best that are free together.
--
-- p_items are the places of its items in the item arrays; p_need_items and p_need_positions say which quotas each of
-- them draws on, by position in p_quotas. Outcomes: taken; seat-taken (an item wants seats that are not free, which are
-- given); seat-unknown (an item wants seats that do not belong to its ticket type). If not taken, none is.
CREATE OR REPLACE FUNCTION stock_take_seats(
    p_hold uuid, p_types bigint[], p_quantities int[], p_seat_items int[], p_seats bigint[],
    p_items int4range, p_need_items int[], p_need_positions int[], p_quotas bigint[], p_seated boolean[],
    OUT outcome text, OUT item int, OUT seats bigint[]
)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
    v_quota bigint;
    v_wanted bigint[];
BEGIN
    FOR v_item IN lower(p_items) .. upper(p_items) - 1 LOOP
        SELECT p_quotas[n.position] INTO v_quota
          FROM unnest(p_need_items, p_need_positions) n(item, position)
         WHERE n.item = v_item AND p_seated[n.position];
        v_wanted := ARRAY(SELECT DISTINCT c.seat FROM unnest(p_seat_items, p_seats) c(item, seat) WHERE c.item = v_item);
        seats := '{}';
        IF v_quota IS NULL THEN
            CONTINUE WHEN v_wanted = '{}';
            outcome := 'seat-unknown';
        ELSIF v_wanted <> '{}' AND cardinality(v_wanted) <> p_quantities[v_item] THEN
            -- The count would say another number than there are seats.
            outcome := 'seat-unknown';
        ELSIF v_wanted = '{}' THEN
            PERFORM stock_take_best_seats(p_hold, p_types[v_item], v_quota, p_quantities[v_item]);
            outcome := 'taken';
        ELSE
            SELECT t.outcome, t.seats INTO outcome, seats
              FROM stock_take_chosen_seats(p_hold, p_types[v_item], v_quota, v_wanted) t;
        END IF;
        IF outcome <> 'taken' THEN
            DELETE FROM stock_seattaken t WHERE t.hold_id = p_hold;
            item := v_item;
            RETURN;
        END IF;
    END LOOP;
    outcome := 'taken';
END $$;


CREATE OR REPLACE FUNCTION stock_take_chosen_seats(
    p_hold uuid, p_type bigint, p_quota bigint, p_wanted bigint[], OUT outcome text, OUT seats bigint[]
)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    seats := ARRAY(SELECT w.seat FROM unnest(p_wanted) w(seat)
                    WHERE NOT EXISTS (SELECT 1 FROM stock_seat s WHERE s.id = w.seat AND s.quota_id = p_quota));
    IF seats <> '{}' THEN
        outcome := 'seat-unknown';
        RETURN;
    END IF;
    seats := ARRAY(SELECT s.id FROM stock_seat s
                    WHERE s.id = ANY (p_wanted)
                      AND (s.is_blocked OR EXISTS (SELECT 1 FROM stock_seattaken t WHERE t.seat_id = s.id)));
    IF seats <> '{}' THEN
        outcome := 'seat-taken';
        RETURN;
    END IF;
    INSERT INTO stock_seattaken (seat_id, hold_id, ticket_type_id) SELECT w.seat, p_hold, p_type FROM unnest(p_wanted) w(seat);
    outcome := 'taken';
END $$;


-- Take the best free seats: neighbors in one row if there are so many, else the longest runs of neighbors one after the
-- other. Returns them. The foremost rows with a free seat are looked at before all are: mostly that is enough.
CREATE OR REPLACE FUNCTION stock_take_best_seats(p_hold uuid, p_type bigint, p_quota bigint, p_quantity int) RETURNS bigint[]
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    c_rows constant int := 8;
    v_missing int := p_quantity;
    v_front int;
    v_run record;
    v_took bigint[];
    v_seats bigint[] := '{}';
BEGIN
    WHILE v_missing > 0 LOOP
        SELECT s.rank INTO v_front
          FROM stock_seat s
         WHERE s.quota_id = p_quota AND NOT s.is_blocked
           AND NOT EXISTS (SELECT 1 FROM stock_seattaken t WHERE t.seat_id = s.id)
         ORDER BY s.rank, s.place LIMIT 1;
        SELECT r.* INTO v_run FROM stock_best_run(p_quota, v_front, v_front + c_rows - 1, v_missing) r;
        IF v_run.seats < v_missing THEN
            SELECT r.* INTO v_run FROM stock_best_run(p_quota, v_front, 2147483647, v_missing) r;
        END IF;
        IF v_run.seats IS NULL THEN
            RAISE EXCEPTION 'Quota % has fewer free seats than it counts.', p_quota;
        END IF;
        v_took := ARRAY(SELECT s.id FROM stock_seat s
                         WHERE s.quota_id = p_quota AND s.rank = v_run.rank
                           AND s.place BETWEEN v_run.place AND v_run.place + v_run.seats - 1);
        INSERT INTO stock_seattaken (seat_id, hold_id, ticket_type_id) SELECT t.seat, p_hold, p_type FROM unnest(v_took) t(seat);
        v_seats := v_seats || v_took;
        v_missing := v_missing - v_run.seats;
    END LOOP;
    RETURN v_seats;
END $$;


-- The best run of free neighbors in some rows: the longest up to p_seats, then the foremost, then one that leaves no
-- single seat alone, then the one next to its row's middle.
CREATE OR REPLACE FUNCTION stock_best_run(
    p_quota bigint, p_from int, p_to int, p_seats int, OUT rank int, OUT place int, OUT seats int
)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
    SELECT run.rank, run.place, run.seats INTO rank, place, seats
      FROM (SELECT f.rank, f.place, f.middle,
                   min(f.place) OVER island AS first, max(f.place) OVER island AS last,
                   count(*) OVER (PARTITION BY f.rank, f.island ORDER BY f.place
                                  ROWS BETWEEN CURRENT ROW AND p_seats - 1 FOLLOWING) AS seats
              FROM (SELECT s.rank, s.place, s.is_free,
                           s.place - row_number() OVER (PARTITION BY s.rank, s.is_free ORDER BY s.place) AS island,
                           avg(s.place) OVER (PARTITION BY s.rank) AS middle
                      FROM (SELECT s.rank, s.place, NOT s.is_blocked AND t.seat_id IS NULL AS is_free
                              FROM stock_seat s LEFT JOIN stock_seattaken t ON t.seat_id = s.id
                             WHERE s.quota_id = p_quota AND s.rank BETWEEN p_from AND p_to) s) f
             WHERE f.is_free
            WINDOW island AS (PARTITION BY f.rank, f.island)) run
     ORDER BY run.seats DESC, run.rank,
              (run.place - run.first = 1)::int + (run.last - run.place - run.seats = 0)::int,
              abs(run.place + (run.seats - 1) / 2.0 - run.middle), run.place
     LIMIT 1;
END $$;


CREATE OR REPLACE FUNCTION stock_seats_of(p_hold uuid, p_type bigint) RETURNS bigint[]
LANGUAGE sql STABLE AS $$
    SELECT array_agg(t.seat_id ORDER BY s.rank, s.place)
      FROM stock_seattaken t JOIN stock_seat s ON s.id = t.seat_id
     WHERE t.hold_id = p_hold AND t.ticket_type_id = p_type
$$;


-- Block seats, or let them be sold again. The quota's capacity follows. Returns those that cannot be blocked because
-- they are taken; if there are any, nothing changes.
CREATE OR REPLACE FUNCTION stock_block_seats(p_quota bigint, p_seats bigint[], p_blocked boolean) RETURNS bigint[]
LANGUAGE plpgsql AS $$
DECLARE
    v_taken bigint[];
BEGIN
    PERFORM 1 FROM stock_quota WHERE id = p_quota FOR UPDATE;
    v_taken := ARRAY(SELECT t.seat_id FROM stock_seattaken t WHERE t.seat_id = ANY (p_seats) ORDER BY t.seat_id);
    IF p_blocked AND v_taken <> '{}' THEN
        RETURN v_taken;
    END IF;
    UPDATE stock_seat SET is_blocked = p_blocked WHERE quota_id = p_quota AND id = ANY (p_seats) AND is_blocked <> p_blocked;
    PERFORM stock_count_seats(p_quota);
    RETURN '{}';
END $$;


-- Make a seated quota's capacity the number of its seats that are not blocked.
CREATE OR REPLACE FUNCTION stock_count_seats(p_quota bigint) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM stock_quota WHERE id = p_quota FOR UPDATE;
    PERFORM stock_resize_quota(
        p_quota, (SELECT count(*)::int FROM stock_seat s WHERE s.quota_id = p_quota AND NOT s.is_blocked));
END $$;


-- Change the type or the seat of one ticket inside its own place: what it has is given back only as it gets the new,
-- and a quota that both types draw on is not touched, so this works where everything is sold. Without p_to_seat it
-- keeps its seat if the new type allows, else it gets the best one. The caller has locked the ticket's order and says what the ticket
-- has now. Outcomes: swapped (seat is the new one, if any); sold-out; seat-taken; seat-unknown.
CREATE OR REPLACE FUNCTION stock_swap_ticket(
    p_hold uuid, p_ticket uuid, p_from_type bigint, p_to_type bigint, p_from_seat bigint, p_to_seat bigint,
    OUT outcome text, OUT seat bigint
)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_left bigint[] := ARRAY(SELECT d.quota_id FROM stock_draw d WHERE d.ticket_type_id = p_from_type);
    v_entered bigint[] := ARRAY(SELECT d.quota_id FROM stock_draw d WHERE d.ticket_type_id = p_to_type);
    v_quotas bigint[] := v_left || v_entered;
    v_event bigint;
    v_seated bigint;
BEGIN
    SELECT q.event_id INTO v_event FROM stock_quota q WHERE q.id = ANY (v_quotas) LIMIT 1;
    PERFORM stock_expire_event(v_event, v_quotas);
    PERFORM 1 FROM stock_quota q WHERE q.id = ANY (v_quotas) ORDER BY q.id FOR UPDATE;
    IF EXISTS (SELECT 1 FROM stock_quota q WHERE q.id = ANY (v_entered) AND q.id <> ALL (v_left) AND q.taken >= q.capacity) THEN
        outcome := 'sold-out';
        RETURN;
    END IF;

    SELECT q.id INTO v_seated FROM stock_quota q WHERE q.id = ANY (v_entered) AND q.is_seated;
    seat := p_to_seat;
    IF seat IS NULL AND EXISTS (SELECT 1 FROM stock_seat s WHERE s.id = p_from_seat AND s.quota_id = v_seated) THEN
        seat := p_from_seat;
    END IF;
    IF seat IS NOT NULL AND NOT EXISTS (SELECT 1 FROM stock_seat s WHERE s.id = seat AND s.quota_id = v_seated) THEN
        outcome := 'seat-unknown';
        RETURN;
    END IF;
    IF seat IS DISTINCT FROM p_from_seat AND EXISTS (
            SELECT 1 FROM stock_seat s
             WHERE s.id = seat AND (s.is_blocked OR EXISTS (SELECT 1 FROM stock_seattaken t WHERE t.seat_id = s.id))) THEN
        outcome := 'seat-taken';
        RETURN;
    END IF;
    DELETE FROM stock_seattaken t WHERE t.seat_id = p_from_seat AND t.hold_id = p_hold;
    IF seat IS NOT NULL THEN
        INSERT INTO stock_seattaken (seat_id, hold_id, ticket_type_id) VALUES (seat, p_hold, p_to_type);
    ELSIF v_seated IS NOT NULL THEN
        seat := (stock_take_best_seats(p_hold, p_to_type, v_seated, 1))[1];
    END IF;

    WITH changed AS (
        SELECT q.id AS quota, -1 AS quantity, p_from_type AS ticket_type
          FROM unnest(v_left) q(id) WHERE q.id <> ALL (v_entered)
        UNION ALL
        SELECT q.id, 1, p_to_type FROM unnest(v_entered) q(id) WHERE q.id <> ALL (v_left)),
    counted AS (
        UPDATE stock_quota q SET taken = q.taken + c.quantity, seq = q.seq + 1
          FROM changed c WHERE q.id = c.quota
        RETURNING q.id, q.capacity, q.seq)
    INSERT INTO stock_move (quota_id, seq, kind, quantity, capacity, hold_id, ticket_type_id, ticket_id, at)
    SELECT c.quota, n.seq, 'swap', c.quantity, n.capacity, p_hold, c.ticket_type, p_ticket, clock_timestamp()
      FROM changed c JOIN counted n ON n.id = c.quota;
    outcome := 'swapped';
END $$;
