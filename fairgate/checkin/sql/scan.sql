-- One scan at a gate: one statement, one answer, one row that says what was answered.
--
-- The grant is asked for at each scan, so that revoking it, or taking its holder off the team, counts at once.
-- p_claim is what the gate read: 'signed' (p_ticket of p_event), 'typed' (p_reference), 'forged' or 'unknown'.
-- Outcomes: the results of checkin_scan_result; unauthorized (no row is written); no-list (another tenant's, or none).
-- A ticket of another organizer is unknown here: neither its name nor its being is told.
CREATE OR REPLACE FUNCTION checkin_scan(
    p_grant uuid, p_list bigint, p_claim text, p_ticket uuid, p_event bigint, p_reference text,
    p_device text, p_at timestamptz,
    OUT outcome text, OUT reference text, OUT ticket_type text, OUT attendee text,
    OUT first_at timestamptz, OUT first_device text
)
LANGUAGE plpgsql AS $$
DECLARE
    v_grant checkin_gategrant;
    v_list checkin_checkinlist;
    v_ticket orders_ticket;
    v_state text;
    v_is_canceled boolean;
    v_device text;
    -- What a device uploads late keeps its own time, but no clock of a device makes the future.
    v_at timestamptz := least(coalesce(p_at, clock_timestamp()), clock_timestamp());
BEGIN
    SELECT * INTO v_grant FROM checkin_live_grant(p_grant);
    IF NOT FOUND THEN
        outcome := 'unauthorized';
        RETURN;
    END IF;
    SELECT l.* INTO v_list FROM checkin_checkinlist l JOIN events_event e ON e.id = l.event_id
     WHERE l.id = p_list AND e.organizer_id = v_grant.organizer_id;
    IF NOT FOUND THEN
        outcome := 'no-list';
        RETURN;
    END IF;
    v_device := coalesce(nullif(p_device, ''), v_grant.device);

    -- The lock, which scans share, is for whoever changes the ticket: it waits for this answer, or this one for it. So
    -- nobody comes in with a ticket that becomes one for another date at the same moment.
    IF p_claim = 'signed' THEN
        SELECT t.* INTO v_ticket FROM orders_ticket t WHERE t.id = p_ticket AND t.event_id = p_event FOR KEY SHARE;
    ELSIF p_claim = 'typed' THEN
        SELECT t.* INTO v_ticket FROM orders_ticket t WHERE t.reference = p_reference FOR KEY SHARE;
    END IF;
    SELECT o.state, c.ticket_id IS NOT NULL, tt.name INTO v_state, v_is_canceled, ticket_type
      FROM orders_order o JOIN events_tickettype tt ON tt.id = v_ticket.ticket_type_id
      LEFT JOIN orders_cancellation c ON c.ticket_id = v_ticket.id
     WHERE o.id = v_ticket.order_id AND o.organizer_id = v_grant.organizer_id;
    IF NOT FOUND THEN
        outcome := CASE p_claim WHEN 'forged' THEN 'forged' ELSE 'unknown' END;
        INSERT INTO checkin_scan (list_id, grant_id, result, device, at)
        VALUES (p_list, p_grant, outcome, v_device, v_at);
        RETURN;
    END IF;
    reference := v_ticket.reference;
    attendee := v_ticket.attendee_name;

    outcome := CASE
        WHEN v_is_canceled THEN 'canceled'
        WHEN v_state <> 'paid' THEN 'unpaid'
        WHEN NOT checkin_is_on_list(v_list, v_ticket) THEN 'wrong-list'
        ELSE 'admitted' END;
    IF outcome = 'admitted' THEN
        -- The unique index decides, also between two gates in the same millisecond.
        INSERT INTO checkin_scan (list_id, ticket_id, grant_id, result, device, at)
        VALUES (p_list, v_ticket.id, p_grant, 'admitted', v_device, v_at)
        ON CONFLICT (list_id, ticket_id) WHERE result = 'admitted' DO NOTHING;
        IF FOUND THEN
            RETURN;
        END IF;
        SELECT s.at, s.device INTO first_at, first_device FROM checkin_scan s
         WHERE s.list_id = p_list AND s.ticket_id = v_ticket.id AND s.result = 'admitted';
        IF first_at = p_at AND first_device = v_device THEN
            -- The same scan uploaded again, as its first answer was lost.
            first_at := NULL;
            first_device := NULL;
            RETURN;
        END IF;
        outcome := 'already';
    END IF;
    INSERT INTO checkin_scan (list_id, ticket_id, grant_id, result, device, at)
    VALUES (p_list, v_ticket.id, p_grant, outcome, v_device, v_at);
END $$;

-- The grant, while it still gives leave to scan.
CREATE OR REPLACE FUNCTION checkin_live_grant(p_grant uuid) RETURNS SETOF checkin_gategrant
LANGUAGE sql STABLE AS $$
    SELECT g.* FROM checkin_gategrant g
      JOIN organizers_membership m ON m.organizer_id = g.organizer_id AND m.user_id = g.user_id
       AND m.role IN ('owner', 'manager', 'gate')
      JOIN accounts_user u ON u.id = g.user_id AND u.is_active
     WHERE g.id = p_grant AND g.revoked_at IS NULL AND g.expires_at > now()
$$;

CREATE OR REPLACE FUNCTION checkin_is_on_list(p_list checkin_checkinlist, p_ticket orders_ticket) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT p_ticket.event_id = p_list.event_id
       AND (p_list.session_id IS NULL OR p_list.session_id = p_ticket.session_id)
       AND (NOT EXISTS (SELECT FROM checkin_checkinlist_ticket_types WHERE checkinlist_id = p_list.id)
            OR EXISTS (SELECT FROM checkin_checkinlist_ticket_types
                        WHERE checkinlist_id = p_list.id AND tickettype_id = p_ticket.ticket_type_id))
$$;
