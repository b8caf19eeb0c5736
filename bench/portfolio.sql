-- The rows of an organization as SQL over whole sets: equal places and sizes give equal rows.
--
-- Rows are numbered from 0, and everything about one follows from its number: its id, and by `dice` whatever
-- looks like chance. Receivables come in the order of their issue, so that those of a customer lie apart, as
-- they do where people use the table for two years. What stands in braces is told by bench/portfolio.py.
-- OFFSET 0 keeps PostgreSQL from working out what a row is made of wherever it is named.
--
-- Kinds of ids: 1 members, 2 customers, 3 contacts, 4 receivables, 5 promises, 6 tasks, 7 activities,
-- 8 payments, 9 rates, 10 disputes, 11 holds, 12 assignments.

-- UUIDv7 in form, ordered by number; the kind tells tables apart.
CREATE OR REPLACE FUNCTION pg_temp.id_of(place int, kind int, n bigint) RETURNS uuid IMMUTABLE LANGUAGE sql AS $$
    SELECT (lpad(to_hex(1730000000000 + n), 12, '0') || '7' || lpad(to_hex(kind), 3, '0')
        || '8' || lpad(to_hex(place), 3, '0') || substr(md5(n::text), 1, 12))::uuid
$$;
-- A number below `sides`, which looks drawn but is always the same for the same row and question.
CREATE OR REPLACE FUNCTION pg_temp.dice(n bigint, question int, sides int) RETURNS int IMMUTABLE LANGUAGE sql AS $$
    SELECT ((hashint8extended(n, question) & 9223372036854775807) % sides)::int
$$;
CREATE OR REPLACE FUNCTION pg_temp.pick(n bigint, question int, words text) RETURNS text IMMUTABLE LANGUAGE sql AS $$
    SELECT split_part(words, ',', 1 + pg_temp.dice(n, question, 1 + length(words) - length(replace(words, ',', ''))))
$$;

INSERT INTO organization_directory (organization_id, database) VALUES ({org}, 'main');
INSERT INTO organization (
    organization_id, name, country, time_zone, base_currency, language, business_day, holiday_policy,
    collector_scope, grace_banking_days, snapshot_guard_percent, discount_basis_points, discount_days,
    write_off_limit_minor, accent, contact_name, contact_email, contact_phone, is_demo, created_at)
VALUES ({org}, 'Organización ' || {place}, 'MX', 'America/Mexico_City', 'MXN', 'es', {today}, 'none',
    'own', 1, 40, 0, 0, 0, 'oklch(0.5 0.13 250)', 'Crédito y cobranza', 'cobranza@' || {domain}, '+525500000100',
    false, {now} - interval '2 years');
INSERT INTO exchange_rate (organization_id, id, currency, quoted_on, rate, source)
SELECT {org}, pg_temp.id_of({place}, 9, n), 'USD', {today} - n, 18 + n / 100.0, 'bench'
FROM generate_series(0, 29) n;

INSERT INTO member (
    organization_id, id, email, name, role, language, password_hash, is_active, created_at)
SELECT {org}, pg_temp.id_of({place}, 1, n), name || '@' || {domain}, initcap(name) || ' Torres',
    regexp_replace(name, '[0-9]', '', 'g'), 'es', {password}, true, {now} - interval '2 years'
FROM (SELECT n, CASE n WHEN -1 THEN 'manager' WHEN -2 THEN 'admin' WHEN -3 THEN 'salesperson'
        WHEN -4 THEN 'viewer' ELSE 'collector' || n + 1 END AS name
    FROM generate_series(-4, {collectors} - 1) n) named;
INSERT INTO login_directory (email, organization_id) SELECT email, {org} FROM member WHERE organization_id = {org};

INSERT INTO customer (
    organization_id, id, external_id, name, name_search, tax_id, segment, industry, customer_group,
    collector_id, salesperson_id, country, language, time_zone, debtor_type, credit_limit_minor,
    credit_currency, created_at, updated_at)
SELECT {org}, pg_temp.id_of({place}, 2, n), 'C-' || lpad(n::text, 6, '0'), name, lower(name),
    'XYZ' || lpad((100000 + n)::text, 9, '0'), segment, industry, NULL,
    pg_temp.id_of({place}, 1, pg_temp.dice(n, 1, {collectors})), pg_temp.id_of({place}, 1, -3),
    'MX', 'es', 'America/Mexico_City', 'company', 50000000, 'MXN', {now} - interval '2 years',
    {now} - interval '1 day'
FROM (
    SELECT n, pg_temp.pick(n, 2, 'Abarrotes,Comercial,Distribuidora,Ferretería,Grupo,Industrias,Materiales,'
            'Papelería,Refacciones,Servicios,Suministros,Textiles')
        || ' ' || pg_temp.pick(n, 3, 'Ávila,Bravo,Cárdenas,Durango,Estrella,Fuentes,Gálvez,Hidalgo,Ibarra,'
            'Jalisco,Luna,Morelos,Núñez,Olmeca,Pacífico,Quiroga,Ríos,Sonora,Tolteca,Villa')
        || ' ' || n || ', S.A. de C.V.' AS name,
        pg_temp.pick(n, 4, 'A,B,C,D,gobierno,mayoreo,menudeo,nuevo') AS segment,
        pg_temp.pick(n, 5, 'alimentos,construcción,educación,manufactura,salud,transporte') AS industry
    FROM generate_series(0, {customers} - 1) n
) named;
INSERT INTO customer_tag (organization_id, customer_id, tag)
SELECT {org}, pg_temp.id_of({place}, 2, n), 'tag-' || pg_temp.dice(n, 6 + place, 10) * 2 + place
FROM generate_series(0, {customers} - 1) n, generate_series(0, 1) place;
INSERT INTO contact (
    organization_id, id, customer_id, match_key, name, role, email, email_state, phone, phone_state,
    language, accepts_email, accepts_sms, accepts_whatsapp, is_primary, created_at, updated_at)
SELECT {org}, pg_temp.id_of({place}, 3, 2 * n + place), pg_temp.id_of({place}, 2, n),
    'pagos' || place || '@cliente' || n || '.example', 'Contacto ' || n || '-' || place,
    CASE place WHEN 0 THEN 'billing' ELSE 'management' END, 'pagos' || place || '@cliente' || n || '.example',
    'verified', '+5255' || lpad(n::text, 8, '0'), 'unverified', NULL, true, false, true, place = 0,
    {now} - interval '2 years', {now} - interval '2 years'
FROM generate_series(0, {customers} - 1) n, generate_series(0, 1) place;
INSERT INTO assignment (
    organization_id, id, customer_id, valid_from, collector_id, salesperson_id, segment, recorded_at, actor)
SELECT {org}, pg_temp.id_of({place}, 12, row_number() OVER (ORDER BY id)), id, '-infinity', collector_id,
    salesperson_id, segment, created_at, 'system:bench'
FROM customer WHERE organization_id = {org};

-- Customers of a block have up to four times as many receivables as others. Few of the old ones are open.
INSERT INTO receivable (
    organization_id, id, customer_id, external_id, kind, number, issued_on, due_on, overdue_from, currency,
    amount_minor, charges_minor, settled_minor, charges_settled_minor, written_off_minor, cancelled_minor,
    balance_minor, state, settled_on, product_line, sales_group, salesperson_id, purchase_order, einvoice_id,
    import_run_id, substitutes_instrument_id, created_at, updated_at)
SELECT {org}, pg_temp.id_of({place}, 4, n), pg_temp.id_of({place}, 2, customer),
    'F-' || n, 'invoice', 'F-' || n, issued, due, due + 1, CASE customer % 10 WHEN 7 THEN 'USD' ELSE 'MXN' END,
    amount, 0, settled, 0, 0, 0, amount - settled,
    CASE settled WHEN 0 THEN 'open' WHEN amount THEN 'paid' ELSE 'partially_paid' END,
    CASE settled WHEN amount THEN GREATEST(issued, LEAST(due - 12 + pg_temp.dice(n, 16, 10 + customer % 60),
        {today} - 1)) END,
    'linea-' || n % 4, 'Ventas México', pg_temp.id_of({place}, 1, -3), NULL, md5(n::text), NULL, NULL,
    issued + interval '15 hours', issued + interval '15 hours'
FROM (
    SELECT n, customer, issued, due, amount,
        CASE WHEN pg_temp.dice(n, 14, 100) >= CASE WHEN due >= {today} THEN 92 WHEN due > {today} - 30 THEN 70
            WHEN due > {today} - 90 THEN 40 ELSE 8 END THEN amount
            WHEN pg_temp.dice(n, 15, 10) = 0 THEN amount / 3 ELSE 0 END AS settled
    FROM (
        SELECT n, floor({block} * power(pg_temp.dice(n, 10, 10000) / 10000::float8, 1.25))::int
                + {block} * pg_temp.dice(n, 11, {customers} / {block}) AS customer,
            issued, issued + (ARRAY[15, 30, 30, 30, 60])[1 + pg_temp.dice(n, 12, 5)] AS due,
            100000 + pg_temp.dice(n, 13, 2000)::bigint * (1 + n % 997) * 12 AS amount
        FROM (SELECT n, {today} - 730 + (n * 730 / {receivables})::int AS issued
            FROM generate_series(0::bigint, {receivables} - 1) n) dated
        OFFSET 0
    ) owed
    OFFSET 0
) paid;

-- A customer's promises lie about three weeks apart; the last is pending where its day has not come.
INSERT INTO promise (
    organization_id, id, customer_id, amount_minor, currency, due_on, last_day, state, received_minor,
    channel, member_id, note, created_at, resolved_on)
SELECT {org}, pg_temp.id_of({place}, 5, n), pg_temp.id_of({place}, 2, customer), amount,
    CASE customer % 10 WHEN 7 THEN 'USD' ELSE 'MXN' END, due, due + 1, state,
    CASE state WHEN 'kept' THEN amount WHEN 'partially_kept' THEN amount / 2 ELSE 0 END, 'phone',
    pg_temp.id_of({place}, 1, pg_temp.dice(customer, 1, {collectors})), NULL,
    made + interval '17 hours', CASE state WHEN 'pending' THEN NULL ELSE due + 2 END
FROM (
    SELECT n, customer, made, due, amount, CASE WHEN due + 1 >= {today} THEN 'pending'
        ELSE pg_temp.pick(n, 20, 'kept,kept,partially_kept,broken,broken') END AS state
    FROM (
        SELECT n, customer, made, made + 5 + pg_temp.dice(n, 21, 12) AS due,
            100000 + pg_temp.dice(n, 22, 20000000)::bigint AS amount
        FROM (SELECT n, n % {customers} AS customer,
                {today} - 1 - 20 * (4 - (n / {customers})::int) - pg_temp.dice(n, 23, 18) AS made
            FROM generate_series(0::bigint, {promises} - 1) n) dated
    ) promised
) judged;
INSERT INTO promise_receivable (organization_id, promise_id, receivable_id)
SELECT {org}, p.id, r.id
FROM (SELECT id, customer_id, row_number() OVER (PARTITION BY customer_id ORDER BY created_at DESC) AS place
    FROM promise WHERE organization_id = {org}) p
JOIN (SELECT id, customer_id,
        row_number() OVER (PARTITION BY customer_id ORDER BY balance_minor > 0 DESC, due_on DESC) AS place
    FROM receivable WHERE organization_id = {org}) r
    ON r.customer_id = p.customer_id AND r.place IN (2 * p.place - 1, 2 * p.place);

INSERT INTO activity (
    organization_id, id, customer_id, kind, outcome, happened_at, member_id, contact_id, message_id, note,
    recorded_at)
SELECT {org}, pg_temp.id_of({place}, 7, n), pg_temp.id_of({place}, 2, n % {customers}),
    pg_temp.pick(n, 30, 'call,call,email,whatsapp'), pg_temp.pick(n, 31, 'reached,promised,no_answer'),
    happened, pg_temp.id_of({place}, 1, pg_temp.dice(n % {customers}, 1, {collectors})), NULL, NULL,
    'Se habló del saldo.', happened
FROM (SELECT n, {now} - make_interval(mins => 60 + pg_temp.dice(n, 32, 60 * 24 * 60)) AS happened
    FROM generate_series(0::bigint, 3 * {customers} - 1) n WHERE n % {customers} % 10 <> 9) told;
INSERT INTO task (
    organization_id, id, customer_id, assignee_id, kind, due_at, state, note, created_at, done_at)
SELECT {org}, pg_temp.id_of({place}, 6, n), pg_temp.id_of({place}, 2, n),
    pg_temp.id_of({place}, 1, pg_temp.dice(n, 1, {collectors})), pg_temp.pick(n, 33, 'call,email,visit'),
    {now} + make_interval(mins => pg_temp.dice(n, 34, 12 * 24 * 60) - 2 * 24 * 60), 'open', NULL,
    {now} - interval '5 days', NULL
FROM generate_series(0::bigint, {customers} - 1) n WHERE pg_temp.dice(n, 35, 10) < 6;
INSERT INTO payment (
    organization_id, id, customer_id, external_id, method, currency, amount_minor, allocated_minor,
    reversed_minor, unapplied_minor, received_on, reference, payment_attempt_id, import_run_id, actor,
    recorded_at)
SELECT {org}, pg_temp.id_of({place}, 8, n), pg_temp.id_of({place}, 2, n % {customers}),
    'P-' || n, 'transfer', CASE n % {customers} % 10 WHEN 7 THEN 'USD' ELSE 'MXN' END, amount, amount - spare,
    0, spare, received, 'SPEI ' || n, NULL, NULL, 'system:bench', received + interval '18 hours'
FROM (SELECT n, 100000 + pg_temp.dice(n, 40, 30000000)::bigint AS amount,
        CASE WHEN n % 50 = 0 THEN 50000 ELSE 0 END AS spare, {today} - 1 - pg_temp.dice(n, 41, 300) AS received
    FROM generate_series(0::bigint, 5 * {customers} - 1) n) paid;
INSERT INTO dispute (
    organization_id, id, receivable_id, customer_id, reason, amount_minor, currency, state, owner_id, opened_on,
    deadline_on, resolved_on, accepted_minor, note, created_at)
SELECT {org}, pg_temp.id_of({place}, 10, row_number() OVER (ORDER BY id)), id, customer_id, 'price',
    balance_minor / 2 + 1, currency, 'open', salesperson_id, {today} - 5, {today} + 15, NULL, NULL, 'Precio',
    {now} - interval '5 days'
FROM receivable
WHERE organization_id = {org} AND balance_minor > 0 AND overdue_from <= {today} AND hashtext(external_id) % 50 = 0;
INSERT INTO hold (
    organization_id, id, customer_id, receivable_id, until_on, reason, actor, created_at, released_at)
SELECT {org}, pg_temp.id_of({place}, 11, n), pg_temp.id_of({place}, 2, n), NULL, {today} + 10,
    'Acuerdo en curso', 'system:bench', {now} - interval '3 days', NULL
FROM generate_series(0::bigint, {customers} - 1) n WHERE pg_temp.dice(n, 36, 100) = 0;
