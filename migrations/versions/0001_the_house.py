"""The house: every table of the first release, keyed by organization."""

from alembic import op

from cartera.db.ddl import append_only, distribute, open_to_relay, reference, secure

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE gateway_directory (
            account TEXT NOT NULL,
            organization_id UUID NOT NULL,
            CONSTRAINT pk_gateway_directory PRIMARY KEY (account)
        )
    """)
    reference("gateway_directory")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON gateway_directory TO cartera_app")

    op.execute("""
        CREATE TABLE login_directory (
            email TEXT NOT NULL,
            organization_id UUID NOT NULL,
            CONSTRAINT pk_login_directory PRIMARY KEY (email)
        )
    """)
    reference("login_directory")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON login_directory TO cartera_app")

    op.execute("""
        CREATE TABLE organization (
            organization_id UUID NOT NULL,
            name TEXT NOT NULL,
            country TEXT NOT NULL,
            time_zone TEXT NOT NULL,
            base_currency TEXT NOT NULL,
            language TEXT NOT NULL,
            business_day DATE NOT NULL,
            holiday_policy TEXT NOT NULL,
            collector_scope TEXT NOT NULL,
            grace_banking_days BIGINT NOT NULL,
            snapshot_guard_percent BIGINT NOT NULL,
            accent TEXT NOT NULL,
            contact_name TEXT NOT NULL,
            contact_email TEXT NOT NULL,
            contact_phone TEXT NOT NULL,
            is_demo BOOLEAN NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_organization PRIMARY KEY (organization_id)
        )
    """)
    distribute("organization")
    op.execute("""
        ALTER TABLE organization
            ADD CONSTRAINT ck_organization_collector_scope CHECK (collector_scope IN ('own', 'team', 'all'))
    """)
    op.execute("""
        ALTER TABLE organization
            ADD CONSTRAINT ck_organization_holiday_policy CHECK (holiday_policy IN ('none', 'next_banking_day'))
    """)
    op.execute("""
        ALTER TABLE organization
            ADD CONSTRAINT ck_organization_language CHECK (language IN ('es', 'en', 'pt'))
    """)
    op.execute("""
        ALTER TABLE organization
            ADD CONSTRAINT ck_organization_snapshot_guard CHECK (snapshot_guard_percent BETWEEN 0 AND 100)
    """)
    secure("organization")
    open_to_relay("organization", "SELECT (organization_id, time_zone, business_day)")

    op.execute("""
        CREATE TABLE organization_directory (
            organization_id UUID NOT NULL,
            database TEXT NOT NULL,
            CONSTRAINT pk_organization_directory PRIMARY KEY (organization_id)
        )
    """)
    reference("organization_directory")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON organization_directory TO cartera_app")

    op.execute("""
        CREATE TABLE token_directory (
            token_hash BYTEA NOT NULL,
            kind TEXT NOT NULL,
            organization_id UUID NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_token_directory PRIMARY KEY (token_hash)
        )
    """)
    reference("token_directory")
    op.execute("""
        ALTER TABLE token_directory
            ADD CONSTRAINT ck_token_directory_kind CHECK (kind IN ('member_session', 'api_token', 'payment_link', 'portal_session'))
    """)
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON token_directory TO cartera_app")

    op.execute("""
        CREATE TABLE api_token (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            name TEXT NOT NULL,
            role TEXT,
            scopes JSONB NOT NULL,
            token_hash BYTEA NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            last_used_at TIMESTAMP WITH TIME ZONE,
            revoked_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_api_token PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("api_token")
    op.execute("""
        ALTER TABLE api_token
            ADD CONSTRAINT fk_api_token_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    op.execute("""
        ALTER TABLE api_token
            ADD CONSTRAINT ck_api_token_role CHECK (role IN ('admin', 'manager', 'collector', 'salesperson', 'viewer'))
    """)
    op.execute("""
        ALTER TABLE api_token
            ADD CONSTRAINT uq_api_token_token_hash UNIQUE (organization_id, token_hash)
    """)
    secure("api_token")

    op.execute("""
        CREATE TABLE audit_entry (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
            actor TEXT NOT NULL,
            action TEXT NOT NULL,
            noun TEXT NOT NULL,
            noun_id UUID NOT NULL,
            customer_id UUID,
            before JSONB,
            after JSONB,
            address TEXT,
            request_id TEXT,
            CONSTRAINT pk_audit_entry PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("audit_entry")
    op.execute("""
        ALTER TABLE audit_entry
            ADD CONSTRAINT fk_audit_entry_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    op.execute("""
        CREATE INDEX ix_audit_entry_customer_id_happened_at
            ON audit_entry (organization_id, customer_id, happened_at) WHERE customer_id IS NOT NULL
    """)
    op.execute("""
        CREATE INDEX ix_audit_entry_noun_noun_id_happened_at
            ON audit_entry (organization_id, noun, noun_id, happened_at)
    """)
    secure("audit_entry")
    append_only("audit_entry")

    op.execute("""
        CREATE TABLE exchange_rate (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            currency TEXT NOT NULL,
            quoted_on DATE NOT NULL,
            rate NUMERIC(24, 10) NOT NULL,
            source TEXT NOT NULL,
            CONSTRAINT pk_exchange_rate PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("exchange_rate")
    op.execute("""
        ALTER TABLE exchange_rate
            ADD CONSTRAINT fk_exchange_rate_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    op.execute("ALTER TABLE exchange_rate ADD CONSTRAINT ck_exchange_rate_positive CHECK (rate > 0)")
    op.execute("""
        ALTER TABLE exchange_rate
            ADD CONSTRAINT uq_exchange_rate_currency_quoted_on UNIQUE (organization_id, currency, quoted_on)
    """)
    secure("exchange_rate")

    op.execute("""
        CREATE TABLE idempotency_key (
            organization_id UUID NOT NULL,
            key TEXT NOT NULL,
            input_hash BYTEA NOT NULL,
            result JSONB NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_idempotency_key PRIMARY KEY (organization_id, key)
        )
    """)
    distribute("idempotency_key")
    op.execute("""
        ALTER TABLE idempotency_key
            ADD CONSTRAINT fk_idempotency_key_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    secure("idempotency_key")

    op.execute("""
        CREATE TABLE import_mapping (
            organization_id UUID NOT NULL,
            shape TEXT NOT NULL,
            mapping JSONB NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_import_mapping PRIMARY KEY (organization_id, shape)
        )
    """)
    distribute("import_mapping")
    op.execute("""
        ALTER TABLE import_mapping
            ADD CONSTRAINT fk_import_mapping_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    secure("import_mapping")

    op.execute("""
        CREATE TABLE import_run (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            file_name TEXT NOT NULL,
            file_sha256 BYTEA NOT NULL,
            shape TEXT NOT NULL,
            kind TEXT,
            is_snapshot BOOLEAN NOT NULL,
            as_of DATE,
            state TEXT NOT NULL,
            proposal JSONB NOT NULL,
            answers JSONB NOT NULL,
            all_or_nothing BOOLEAN NOT NULL,
            rows_total BIGINT NOT NULL,
            rows_read BIGINT NOT NULL,
            rows_bad BIGINT NOT NULL,
            outcome JSONB NOT NULL,
            failure TEXT,
            actor TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            finished_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_import_run PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("import_run")
    op.execute("""
        ALTER TABLE import_run
            ADD CONSTRAINT fk_import_run_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    op.execute("""
        ALTER TABLE import_run
            ADD CONSTRAINT ck_import_run_kind CHECK (kind IN ('invoices', 'payments', 'contacts'))
    """)
    op.execute("""
        ALTER TABLE import_run
            ADD CONSTRAINT ck_import_run_state CHECK (state IN ('uploaded', 'needs_answers', 'needs_confirmation', 'running', 'done', 'failed', 'cancelled'))
    """)
    op.execute("CREATE INDEX ix_import_run_created_at ON import_run (organization_id, created_at)")
    secure("import_run")

    op.execute("""
        CREATE TABLE inbox (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            gateway TEXT NOT NULL,
            event_id TEXT NOT NULL,
            reference TEXT NOT NULL,
            body BYTEA NOT NULL,
            received_at TIMESTAMP WITH TIME ZONE NOT NULL,
            processed_at TIMESTAMP WITH TIME ZONE,
            outcome TEXT,
            CONSTRAINT pk_inbox PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("inbox")
    op.execute("""
        ALTER TABLE inbox
            ADD CONSTRAINT fk_inbox_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    op.execute("""
        ALTER TABLE inbox
            ADD CONSTRAINT uq_inbox_gateway_event_id UNIQUE (organization_id, gateway, event_id)
    """)
    op.execute("CREATE INDEX ix_inbox_received_at ON inbox (organization_id, received_at)")
    secure("inbox")

    op.execute("""
        CREATE TABLE member (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            email TEXT NOT NULL,
            name TEXT NOT NULL,
            role TEXT NOT NULL,
            language TEXT NOT NULL,
            password_hash TEXT,
            is_active BOOLEAN NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_member PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("member")
    op.execute("""
        ALTER TABLE member
            ADD CONSTRAINT fk_member_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    op.execute("""
        ALTER TABLE member
            ADD CONSTRAINT ck_member_language CHECK (language IN ('es', 'en', 'pt'))
    """)
    op.execute("""
        ALTER TABLE member
            ADD CONSTRAINT ck_member_role CHECK (role IN ('admin', 'manager', 'collector', 'salesperson', 'viewer'))
    """)
    op.execute("ALTER TABLE member ADD CONSTRAINT uq_member_email UNIQUE (organization_id, email)")
    secure("member")

    op.execute("""
        CREATE TABLE outbox (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            key TEXT NOT NULL,
            lane TEXT NOT NULL,
            kind TEXT NOT NULL,
            payload JSONB NOT NULL,
            run_at TIMESTAMP WITH TIME ZONE NOT NULL,
            lease_until TIMESTAMP WITH TIME ZONE,
            attempts BIGINT NOT NULL,
            done_at TIMESTAMP WITH TIME ZONE,
            failure TEXT,
            request_id TEXT,
            CONSTRAINT pk_outbox PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("outbox")
    op.execute("""
        ALTER TABLE outbox
            ADD CONSTRAINT fk_outbox_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    op.execute("""
        ALTER TABLE outbox
            ADD CONSTRAINT ck_outbox_lane CHECK (lane IN ('money', 'screens', 'interactive', 'bulk'))
    """)
    op.execute("ALTER TABLE outbox ADD CONSTRAINT uq_outbox_key UNIQUE (organization_id, key)")
    op.execute("CREATE INDEX ix_outbox_done ON outbox (organization_id, done_at) WHERE done_at IS NOT NULL")
    op.execute("""
        CREATE INDEX ix_outbox_pending
            ON outbox (organization_id, lane, run_at, id) WHERE done_at IS NULL
    """)
    secure("outbox")
    open_to_relay("outbox", "SELECT, UPDATE (lease_until, attempts, done_at, failure), DELETE")

    op.execute("""
        CREATE TABLE segment_history (
            organization_id UUID NOT NULL,
            segment TEXT NOT NULL,
            matured_count BIGINT NOT NULL,
            late_count BIGINT NOT NULL,
            late_days BIGINT NOT NULL,
            CONSTRAINT pk_segment_history PRIMARY KEY (organization_id, segment)
        )
    """)
    distribute("segment_history")
    op.execute("""
        ALTER TABLE segment_history
            ADD CONSTRAINT fk_segment_history_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    secure("segment_history")

    op.execute("""
        CREATE TABLE team (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            name TEXT NOT NULL,
            CONSTRAINT pk_team PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("team")
    op.execute("""
        ALTER TABLE team
            ADD CONSTRAINT fk_team_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    op.execute("ALTER TABLE team ADD CONSTRAINT uq_team_name UNIQUE (organization_id, name)")
    secure("team")

    op.execute("""
        CREATE TABLE customer (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            external_id TEXT NOT NULL,
            name TEXT NOT NULL,
            name_search TEXT COLLATE "C" NOT NULL,
            tax_id TEXT,
            segment TEXT NOT NULL,
            industry TEXT,
            customer_group TEXT,
            collector_id UUID,
            salesperson_id UUID,
            country TEXT NOT NULL,
            language TEXT NOT NULL,
            time_zone TEXT NOT NULL,
            debtor_type TEXT NOT NULL,
            credit_limit_minor BIGINT,
            credit_currency TEXT,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_customer PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("customer")
    op.execute("""
        ALTER TABLE customer
            ADD CONSTRAINT fk_customer_collector FOREIGN KEY(organization_id, collector_id) REFERENCES member (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE customer
            ADD CONSTRAINT fk_customer_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    op.execute("""
        ALTER TABLE customer
            ADD CONSTRAINT fk_customer_salesperson FOREIGN KEY(organization_id, salesperson_id) REFERENCES member (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE customer
            ADD CONSTRAINT ck_customer_credit_limit CHECK ((credit_limit_minor IS NULL) = (credit_currency IS NULL))
    """)
    op.execute("""
        ALTER TABLE customer
            ADD CONSTRAINT ck_customer_debtor_type CHECK (debtor_type IN ('company', 'consumer'))
    """)
    op.execute("""
        ALTER TABLE customer
            ADD CONSTRAINT ck_customer_language CHECK (language IN ('es', 'en', 'pt'))
    """)
    op.execute("""
        ALTER TABLE customer
            ADD CONSTRAINT uq_customer_external_id UNIQUE (organization_id, external_id)
    """)
    op.execute("CREATE INDEX ix_customer_collector_id ON customer (organization_id, collector_id)")
    op.execute("CREATE INDEX ix_customer_name_search_id ON customer (organization_id, name_search, id)")
    op.execute("CREATE INDEX ix_customer_salesperson_id ON customer (organization_id, salesperson_id)")
    op.execute("""
        CREATE INDEX ix_customer_tax_id
            ON customer (organization_id, tax_id) WHERE tax_id IS NOT NULL
    """)
    secure("customer")

    op.execute("""
        CREATE TABLE import_problem (
            organization_id UUID NOT NULL,
            import_run_id UUID NOT NULL,
            line BIGINT NOT NULL,
            reasons JSONB NOT NULL,
            cells JSONB NOT NULL,
            CONSTRAINT pk_import_problem PRIMARY KEY (organization_id, import_run_id, line)
        )
    """)
    distribute("import_problem")
    op.execute("""
        ALTER TABLE import_problem
            ADD CONSTRAINT fk_import_problem_import_run FOREIGN KEY(organization_id, import_run_id) REFERENCES import_run (organization_id, id)
    """)
    secure("import_problem")

    op.execute("""
        CREATE TABLE member_session (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            member_id UUID NOT NULL,
            token_hash BYTEA NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            ended_at TIMESTAMP WITH TIME ZONE,
            address TEXT,
            user_agent TEXT,
            CONSTRAINT pk_member_session PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("member_session")
    op.execute("""
        ALTER TABLE member_session
            ADD CONSTRAINT fk_member_session_member FOREIGN KEY(organization_id, member_id) REFERENCES member (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE member_session
            ADD CONSTRAINT uq_member_session_token_hash UNIQUE (organization_id, token_hash)
    """)
    op.execute("CREATE INDEX ix_member_session_member_id ON member_session (organization_id, member_id)")
    secure("member_session")

    op.execute("""
        CREATE TABLE team_member (
            organization_id UUID NOT NULL,
            team_id UUID NOT NULL,
            member_id UUID NOT NULL,
            CONSTRAINT pk_team_member PRIMARY KEY (organization_id, team_id, member_id)
        )
    """)
    distribute("team_member")
    op.execute("""
        ALTER TABLE team_member
            ADD CONSTRAINT fk_team_member_member FOREIGN KEY(organization_id, member_id) REFERENCES member (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE team_member
            ADD CONSTRAINT fk_team_member_team FOREIGN KEY(organization_id, team_id) REFERENCES team (organization_id, id)
    """)
    secure("team_member")

    op.execute("""
        CREATE TABLE account (
            organization_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            collector_id UUID,
            business_day DATE NOT NULL,
            balance_minor BIGINT NOT NULL,
            overdue_minor BIGINT NOT NULL,
            unapplied_minor BIGINT NOT NULL,
            lacks_rate BOOLEAN NOT NULL,
            open_count BIGINT NOT NULL,
            overdue_count BIGINT NOT NULL,
            oldest_due_on DATE,
            matured_count BIGINT NOT NULL,
            late_count BIGINT NOT NULL,
            late_days BIGINT NOT NULL,
            delay_days BIGINT NOT NULL,
            priority BIGINT NOT NULL,
            reasons JSONB NOT NULL,
            due_rank BIGINT NOT NULL,
            due_now BOOLEAN NOT NULL,
            last_contact_at TIMESTAMP WITH TIME ZONE,
            last_contact_kind TEXT,
            last_payment_on DATE,
            promise_id UUID,
            promise_state TEXT,
            promise_due_on DATE,
            next_action_at TIMESTAMP WITH TIME ZONE,
            next_action_kind TEXT,
            refreshed_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_account PRIMARY KEY (organization_id, customer_id)
        )
    """)
    distribute("account")
    op.execute("""
        ALTER TABLE account
            ADD CONSTRAINT fk_account_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE account
            ADD CONSTRAINT ck_account_last_contact_kind CHECK (last_contact_kind IN ('call', 'email', 'sms', 'whatsapp', 'letter', 'visit', 'note'))
    """)
    op.execute("""
        ALTER TABLE account
            ADD CONSTRAINT ck_account_next_action_kind CHECK (next_action_kind IN ('call', 'email', 'visit', 'review_payment', 'review_message', 'review_promise', 'follow_up'))
    """)
    op.execute("""
        ALTER TABLE account
            ADD CONSTRAINT ck_account_promise_state CHECK (promise_state IN ('pending', 'kept', 'partially_kept', 'broken', 'renegotiated', 'cancelled'))
    """)
    op.execute("CREATE INDEX ix_account_balance ON account (organization_id, balance_minor, customer_id)")
    op.execute("""
        CREATE INDEX ix_account_collector_priority
            ON account (organization_id, collector_id, due_rank, priority, customer_id)
    """)
    op.execute("""
        CREATE INDEX ix_account_last_contact
            ON account (organization_id, last_contact_at, customer_id)
    """)
    op.execute("""
        CREATE INDEX ix_account_next_action
            ON account (organization_id, next_action_at, customer_id)
    """)
    op.execute("""
        CREATE INDEX ix_account_oldest_due
            ON account (organization_id, oldest_due_on, customer_id)
    """)
    op.execute("CREATE INDEX ix_account_overdue ON account (organization_id, overdue_minor, customer_id)")
    op.execute("""
        CREATE INDEX ix_account_priority
            ON account (organization_id, due_rank, priority, customer_id)
    """)
    secure("account")

    op.execute("""
        CREATE TABLE account_balance (
            organization_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            currency TEXT NOT NULL,
            balance_minor BIGINT NOT NULL,
            overdue_minor BIGINT NOT NULL,
            current_minor BIGINT NOT NULL,
            days_1_30_minor BIGINT NOT NULL,
            days_31_60_minor BIGINT NOT NULL,
            days_61_90_minor BIGINT NOT NULL,
            over_90_minor BIGINT NOT NULL,
            unapplied_minor BIGINT NOT NULL,
            CONSTRAINT pk_account_balance PRIMARY KEY (organization_id, customer_id, currency)
        )
    """)
    distribute("account_balance")
    op.execute("""
        ALTER TABLE account_balance
            ADD CONSTRAINT fk_account_balance_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE account_balance
            ADD CONSTRAINT ck_account_balance_buckets CHECK (balance_minor = current_minor + days_1_30_minor + days_31_60_minor + days_61_90_minor + over_90_minor)
    """)
    secure("account_balance")

    op.execute("""
        CREATE TABLE contact (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            customer_id UUID NOT NULL,
            match_key TEXT NOT NULL,
            name TEXT NOT NULL,
            role TEXT NOT NULL,
            email TEXT,
            email_state TEXT NOT NULL,
            phone TEXT,
            phone_state TEXT NOT NULL,
            language TEXT,
            accepts_email BOOLEAN NOT NULL,
            accepts_sms BOOLEAN NOT NULL,
            accepts_whatsapp BOOLEAN NOT NULL,
            is_primary BOOLEAN NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_contact PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("contact")
    op.execute("""
        ALTER TABLE contact
            ADD CONSTRAINT fk_contact_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE contact
            ADD CONSTRAINT ck_contact_email_state CHECK (email_state IN ('unverified', 'verified', 'wrong'))
    """)
    op.execute("""
        ALTER TABLE contact
            ADD CONSTRAINT ck_contact_language CHECK (language IN ('es', 'en', 'pt'))
    """)
    op.execute("""
        ALTER TABLE contact
            ADD CONSTRAINT ck_contact_phone_state CHECK (phone_state IN ('unverified', 'verified', 'wrong'))
    """)
    op.execute("""
        ALTER TABLE contact
            ADD CONSTRAINT ck_contact_role CHECK (role IN ('billing', 'dunning', 'legal_guardian', 'management', 'other'))
    """)
    op.execute("""
        ALTER TABLE contact
            ADD CONSTRAINT uq_contact_customer_id_match_key UNIQUE (organization_id, customer_id, match_key)
    """)
    secure("contact")

    op.execute("""
        CREATE TABLE credit_note (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            customer_id UUID NOT NULL,
            external_id TEXT NOT NULL,
            number TEXT NOT NULL,
            issued_on DATE NOT NULL,
            currency TEXT NOT NULL,
            amount_minor BIGINT NOT NULL,
            applied_minor BIGINT NOT NULL,
            unapplied_minor BIGINT NOT NULL,
            import_run_id UUID,
            actor TEXT NOT NULL,
            recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_credit_note PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("credit_note")
    op.execute("""
        ALTER TABLE credit_note
            ADD CONSTRAINT fk_credit_note_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE credit_note
            ADD CONSTRAINT fk_credit_note_import_run FOREIGN KEY(organization_id, import_run_id) REFERENCES import_run (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE credit_note
            ADD CONSTRAINT ck_credit_note_amount CHECK (amount_minor > 0 AND applied_minor >= 0 AND unapplied_minor >= 0)
    """)
    op.execute("""
        ALTER TABLE credit_note
            ADD CONSTRAINT ck_credit_note_unapplied CHECK (unapplied_minor = amount_minor - applied_minor)
    """)
    op.execute("""
        ALTER TABLE credit_note
            ADD CONSTRAINT uq_credit_note_external_id UNIQUE (organization_id, external_id)
    """)
    op.execute("""
        CREATE INDEX ix_credit_note_customer_id_issued_on
            ON credit_note (organization_id, customer_id, issued_on)
    """)
    secure("credit_note")

    op.execute("""
        CREATE TABLE customer_tag (
            organization_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            tag TEXT NOT NULL,
            CONSTRAINT pk_customer_tag PRIMARY KEY (organization_id, customer_id, tag)
        )
    """)
    distribute("customer_tag")
    op.execute("""
        ALTER TABLE customer_tag
            ADD CONSTRAINT fk_customer_tag_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        CREATE INDEX ix_customer_tag_tag_customer_id
            ON customer_tag (organization_id, tag, customer_id)
    """)
    secure("customer_tag")

    op.execute("""
        CREATE TABLE payment_link (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            customer_id UUID NOT NULL,
            token_hash BYTEA NOT NULL,
            state TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            opened_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_payment_link PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("payment_link")
    op.execute("""
        ALTER TABLE payment_link
            ADD CONSTRAINT fk_payment_link_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE payment_link
            ADD CONSTRAINT ck_payment_link_state CHECK (state IN ('active', 'used', 'expired', 'revoked'))
    """)
    op.execute("""
        ALTER TABLE payment_link
            ADD CONSTRAINT uq_payment_link_token_hash UNIQUE (organization_id, token_hash)
    """)
    op.execute("""
        CREATE INDEX ix_payment_link_customer_id_created_at
            ON payment_link (organization_id, customer_id, created_at)
    """)
    secure("payment_link")

    op.execute("""
        CREATE TABLE promise (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            customer_id UUID NOT NULL,
            amount_minor BIGINT NOT NULL,
            currency TEXT NOT NULL,
            due_on DATE NOT NULL,
            last_day DATE NOT NULL,
            state TEXT NOT NULL,
            received_minor BIGINT NOT NULL,
            channel TEXT NOT NULL,
            member_id UUID,
            note TEXT,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            resolved_on DATE,
            CONSTRAINT pk_promise PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("promise")
    op.execute("""
        ALTER TABLE promise
            ADD CONSTRAINT fk_promise_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE promise
            ADD CONSTRAINT fk_promise_member FOREIGN KEY(organization_id, member_id) REFERENCES member (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE promise
            ADD CONSTRAINT ck_promise_amount CHECK (amount_minor > 0 AND received_minor >= 0)
    """)
    op.execute("""
        ALTER TABLE promise
            ADD CONSTRAINT ck_promise_channel CHECK (channel IN ('phone', 'portal', 'partner'))
    """)
    op.execute("ALTER TABLE promise ADD CONSTRAINT ck_promise_dates CHECK (last_day >= due_on)")
    op.execute("""
        ALTER TABLE promise
            ADD CONSTRAINT ck_promise_state CHECK (state IN ('pending', 'kept', 'partially_kept', 'broken', 'renegotiated', 'cancelled'))
    """)
    op.execute("""
        CREATE INDEX ix_promise_customer_id_created_at
            ON promise (organization_id, customer_id, created_at)
    """)
    op.execute("CREATE INDEX ix_promise_due_on_id ON promise (organization_id, due_on, id)")
    op.execute("""
        CREATE INDEX ix_promise_pending
            ON promise (organization_id, last_day) WHERE state = 'pending'
    """)
    secure("promise")
    open_to_relay("promise", "SELECT (organization_id, state, last_day)")

    op.execute("""
        CREATE TABLE receivable (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            customer_id UUID NOT NULL,
            external_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            number TEXT NOT NULL,
            issued_on DATE NOT NULL,
            due_on DATE NOT NULL,
            overdue_from DATE NOT NULL,
            currency TEXT NOT NULL,
            amount_minor BIGINT NOT NULL,
            charges_minor BIGINT NOT NULL,
            settled_minor BIGINT NOT NULL,
            balance_minor BIGINT NOT NULL,
            state TEXT NOT NULL,
            settled_on DATE,
            product_line TEXT,
            sales_group TEXT,
            salesperson_id UUID,
            purchase_order TEXT,
            einvoice_id TEXT,
            import_run_id UUID,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_receivable PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("receivable")
    op.execute("""
        ALTER TABLE receivable
            ADD CONSTRAINT fk_receivable_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE receivable
            ADD CONSTRAINT fk_receivable_import_run FOREIGN KEY(organization_id, import_run_id) REFERENCES import_run (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE receivable
            ADD CONSTRAINT fk_receivable_salesperson FOREIGN KEY(organization_id, salesperson_id) REFERENCES member (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE receivable
            ADD CONSTRAINT ck_receivable_amount CHECK (amount_minor > 0 AND charges_minor >= 0)
    """)
    op.execute("""
        ALTER TABLE receivable
            ADD CONSTRAINT ck_receivable_balance CHECK (balance_minor = amount_minor + charges_minor - settled_minor)
    """)
    op.execute("""
        ALTER TABLE receivable
            ADD CONSTRAINT ck_receivable_dates CHECK (due_on >= issued_on AND overdue_from > due_on)
    """)
    op.execute("""
        ALTER TABLE receivable
            ADD CONSTRAINT ck_receivable_kind CHECK (kind IN ('invoice', 'debit_note', 'promissory_note', 'cheque'))
    """)
    op.execute("""
        ALTER TABLE receivable
            ADD CONSTRAINT ck_receivable_settled CHECK (settled_minor >= 0 AND balance_minor >= 0)
    """)
    op.execute("""
        ALTER TABLE receivable
            ADD CONSTRAINT ck_receivable_state CHECK (state IN ('open', 'partially_paid', 'paid', 'written_off', 'cancelled'))
    """)
    op.execute("""
        ALTER TABLE receivable
            ADD CONSTRAINT uq_receivable_external_id UNIQUE (organization_id, external_id)
    """)
    op.execute("""
        CREATE INDEX ix_receivable_customer_due
            ON receivable (organization_id, customer_id, due_on, id)
    """)
    op.execute("CREATE INDEX ix_receivable_due ON receivable (organization_id, due_on, id)")
    op.execute("CREATE INDEX ix_receivable_issued ON receivable (organization_id, issued_on, id)")
    op.execute("""
        CREATE INDEX ix_receivable_open_due
            ON receivable (organization_id, due_on, id) WHERE balance_minor > 0
    """)
    secure("receivable")

    op.execute("""
        CREATE TABLE task (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            customer_id UUID NOT NULL,
            assignee_id UUID,
            kind TEXT NOT NULL,
            due_at TIMESTAMP WITH TIME ZONE NOT NULL,
            state TEXT NOT NULL,
            note TEXT,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            done_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_task PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("task")
    op.execute("""
        ALTER TABLE task
            ADD CONSTRAINT fk_task_assignee FOREIGN KEY(organization_id, assignee_id) REFERENCES member (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE task
            ADD CONSTRAINT fk_task_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE task
            ADD CONSTRAINT ck_task_kind CHECK (kind IN ('call', 'email', 'visit', 'review_payment', 'review_message', 'review_promise', 'follow_up'))
    """)
    op.execute("""
        ALTER TABLE task
            ADD CONSTRAINT ck_task_state CHECK (state IN ('open', 'done', 'cancelled'))
    """)
    op.execute("""
        CREATE INDEX ix_task_customer_open
            ON task (organization_id, customer_id, due_at) WHERE state = 'open'
    """)
    op.execute("CREATE INDEX ix_task_open_due ON task (organization_id, due_at) WHERE state = 'open'")
    secure("task")
    open_to_relay("task", "SELECT (organization_id, state, due_at)")

    op.execute("""
        CREATE TABLE dispute (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            receivable_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            reason TEXT NOT NULL,
            amount_minor BIGINT NOT NULL,
            currency TEXT NOT NULL,
            state TEXT NOT NULL,
            owner_id UUID,
            opened_on DATE NOT NULL,
            deadline_on DATE NOT NULL,
            resolved_on DATE,
            note TEXT,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_dispute PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("dispute")
    op.execute("""
        ALTER TABLE dispute
            ADD CONSTRAINT fk_dispute_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE dispute
            ADD CONSTRAINT fk_dispute_owner FOREIGN KEY(organization_id, owner_id) REFERENCES member (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE dispute
            ADD CONSTRAINT fk_dispute_receivable FOREIGN KEY(organization_id, receivable_id) REFERENCES receivable (organization_id, id)
    """)
    op.execute("ALTER TABLE dispute ADD CONSTRAINT ck_dispute_amount CHECK (amount_minor > 0)")
    op.execute("""
        ALTER TABLE dispute
            ADD CONSTRAINT ck_dispute_reason CHECK (reason IN ('price', 'quantity', 'quality', 'not_received', 'duplicate', 'missing_purchase_order', 'wrong_tax_data', 'already_paid', 'not_ours'))
    """)
    op.execute("""
        ALTER TABLE dispute
            ADD CONSTRAINT ck_dispute_state CHECK (state IN ('open', 'accepted', 'rejected', 'withdrawn'))
    """)
    op.execute("""
        CREATE INDEX ix_dispute_customer_id_opened_on
            ON dispute (organization_id, customer_id, opened_on)
    """)
    op.execute("""
        CREATE INDEX ix_dispute_open
            ON dispute (organization_id, receivable_id) WHERE state = 'open'
    """)
    secure("dispute")

    op.execute("""
        CREATE TABLE hold (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            customer_id UUID NOT NULL,
            receivable_id UUID,
            until_on DATE NOT NULL,
            reason TEXT NOT NULL,
            actor TEXT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            released_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_hold PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("hold")
    op.execute("""
        ALTER TABLE hold
            ADD CONSTRAINT fk_hold_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE hold
            ADD CONSTRAINT fk_hold_receivable FOREIGN KEY(organization_id, receivable_id) REFERENCES receivable (organization_id, id)
    """)
    op.execute("CREATE INDEX ix_hold_customer_id_until_on ON hold (organization_id, customer_id, until_on)")
    secure("hold")

    op.execute("""
        CREATE TABLE payment_attempt (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            customer_id UUID NOT NULL,
            payment_link_id UUID,
            gateway TEXT NOT NULL,
            gateway_reference TEXT,
            checkout_url TEXT,
            state TEXT NOT NULL,
            currency TEXT NOT NULL,
            amount_minor BIGINT NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_payment_attempt PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("payment_attempt")
    op.execute("""
        ALTER TABLE payment_attempt
            ADD CONSTRAINT fk_payment_attempt_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE payment_attempt
            ADD CONSTRAINT fk_payment_attempt_payment_link FOREIGN KEY(organization_id, payment_link_id) REFERENCES payment_link (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE payment_attempt
            ADD CONSTRAINT ck_payment_attempt_amount CHECK (amount_minor > 0)
    """)
    op.execute("""
        ALTER TABLE payment_attempt
            ADD CONSTRAINT ck_payment_attempt_state CHECK (state IN ('created', 'pending', 'succeeded', 'failed', 'cancelled', 'refunded', 'charged_back'))
    """)
    op.execute("""
        ALTER TABLE payment_attempt
            ADD CONSTRAINT uq_payment_attempt_gateway_gateway_reference UNIQUE (organization_id, gateway, gateway_reference)
    """)
    op.execute("""
        CREATE INDEX ix_payment_attempt_customer_id_created_at
            ON payment_attempt (organization_id, customer_id, created_at)
    """)
    secure("payment_attempt")

    op.execute("""
        CREATE TABLE payment_link_receivable (
            organization_id UUID NOT NULL,
            payment_link_id UUID NOT NULL,
            receivable_id UUID NOT NULL,
            CONSTRAINT pk_payment_link_receivable PRIMARY KEY (organization_id, payment_link_id, receivable_id)
        )
    """)
    distribute("payment_link_receivable")
    op.execute("""
        ALTER TABLE payment_link_receivable
            ADD CONSTRAINT fk_payment_link_receivable_payment_link FOREIGN KEY(organization_id, payment_link_id) REFERENCES payment_link (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE payment_link_receivable
            ADD CONSTRAINT fk_payment_link_receivable_receivable FOREIGN KEY(organization_id, receivable_id) REFERENCES receivable (organization_id, id)
    """)
    secure("payment_link_receivable")

    op.execute("""
        CREATE TABLE portal_session (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            payment_link_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            token_hash BYTEA NOT NULL,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            expires_at TIMESTAMP WITH TIME ZONE NOT NULL,
            ended_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_portal_session PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("portal_session")
    op.execute("""
        ALTER TABLE portal_session
            ADD CONSTRAINT fk_portal_session_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE portal_session
            ADD CONSTRAINT fk_portal_session_payment_link FOREIGN KEY(organization_id, payment_link_id) REFERENCES payment_link (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE portal_session
            ADD CONSTRAINT uq_portal_session_token_hash UNIQUE (organization_id, token_hash)
    """)
    secure("portal_session")

    op.execute("""
        CREATE TABLE promise_receivable (
            organization_id UUID NOT NULL,
            promise_id UUID NOT NULL,
            receivable_id UUID NOT NULL,
            CONSTRAINT pk_promise_receivable PRIMARY KEY (organization_id, promise_id, receivable_id)
        )
    """)
    distribute("promise_receivable")
    op.execute("""
        ALTER TABLE promise_receivable
            ADD CONSTRAINT fk_promise_receivable_promise FOREIGN KEY(organization_id, promise_id) REFERENCES promise (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE promise_receivable
            ADD CONSTRAINT fk_promise_receivable_receivable FOREIGN KEY(organization_id, receivable_id) REFERENCES receivable (organization_id, id)
    """)
    op.execute("""
        CREATE INDEX ix_promise_receivable_receivable_id
            ON promise_receivable (organization_id, receivable_id)
    """)
    secure("promise_receivable")

    op.execute("""
        CREATE TABLE payment (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            customer_id UUID NOT NULL,
            external_id TEXT NOT NULL,
            method TEXT NOT NULL,
            currency TEXT NOT NULL,
            amount_minor BIGINT NOT NULL,
            allocated_minor BIGINT NOT NULL,
            reversed_minor BIGINT NOT NULL,
            unapplied_minor BIGINT NOT NULL,
            received_on DATE NOT NULL,
            reference TEXT,
            payment_attempt_id UUID,
            import_run_id UUID,
            actor TEXT NOT NULL,
            recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_payment PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("payment")
    op.execute("""
        ALTER TABLE payment
            ADD CONSTRAINT fk_payment_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE payment
            ADD CONSTRAINT fk_payment_import_run FOREIGN KEY(organization_id, import_run_id) REFERENCES import_run (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE payment
            ADD CONSTRAINT fk_payment_payment_attempt FOREIGN KEY(organization_id, payment_attempt_id) REFERENCES payment_attempt (organization_id, id)
    """)
    op.execute("ALTER TABLE payment ADD CONSTRAINT ck_payment_amount CHECK (amount_minor > 0)")
    op.execute("""
        ALTER TABLE payment
            ADD CONSTRAINT ck_payment_method CHECK (method IN ('cash', 'cheque', 'transfer', 'card', 'wallet', 'other'))
    """)
    op.execute("""
        ALTER TABLE payment
            ADD CONSTRAINT ck_payment_parts CHECK (allocated_minor >= 0 AND reversed_minor >= 0 AND unapplied_minor >= 0)
    """)
    op.execute("""
        ALTER TABLE payment
            ADD CONSTRAINT ck_payment_unapplied CHECK (unapplied_minor = amount_minor - allocated_minor - reversed_minor)
    """)
    op.execute("""
        ALTER TABLE payment
            ADD CONSTRAINT uq_payment_external_id UNIQUE (organization_id, external_id)
    """)
    op.execute("""
        CREATE INDEX ix_payment_customer_id_received_on
            ON payment (organization_id, customer_id, received_on)
    """)
    op.execute("CREATE INDEX ix_payment_received_on ON payment (organization_id, received_on)")
    op.execute("""
        CREATE INDEX ix_payment_unapplied
            ON payment (organization_id, customer_id) WHERE unapplied_minor > 0
    """)
    secure("payment")

    op.execute("""
        CREATE TABLE payment_attempt_receivable (
            organization_id UUID NOT NULL,
            payment_attempt_id UUID NOT NULL,
            receivable_id UUID NOT NULL,
            amount_minor BIGINT NOT NULL,
            CONSTRAINT pk_payment_attempt_receivable PRIMARY KEY (organization_id, payment_attempt_id, receivable_id)
        )
    """)
    distribute("payment_attempt_receivable")
    op.execute("""
        ALTER TABLE payment_attempt_receivable
            ADD CONSTRAINT fk_payment_attempt_receivable_payment_attempt FOREIGN KEY(organization_id, payment_attempt_id) REFERENCES payment_attempt (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE payment_attempt_receivable
            ADD CONSTRAINT fk_payment_attempt_receivable_receivable FOREIGN KEY(organization_id, receivable_id) REFERENCES receivable (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE payment_attempt_receivable
            ADD CONSTRAINT ck_payment_attempt_receivable_amount CHECK (amount_minor > 0)
    """)
    secure("payment_attempt_receivable")

    op.execute("""
        CREATE TABLE entry (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            receivable_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            kind TEXT NOT NULL,
            amount_minor BIGINT NOT NULL,
            currency TEXT NOT NULL,
            effective_on DATE NOT NULL,
            recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
            payment_id UUID,
            credit_note_id UUID,
            import_run_id UUID,
            reverses_id UUID,
            actor TEXT NOT NULL,
            note TEXT,
            CONSTRAINT pk_entry PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("entry")
    op.execute("""
        ALTER TABLE entry
            ADD CONSTRAINT fk_entry_credit_note FOREIGN KEY(organization_id, credit_note_id) REFERENCES credit_note (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE entry
            ADD CONSTRAINT fk_entry_import_run FOREIGN KEY(organization_id, import_run_id) REFERENCES import_run (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE entry
            ADD CONSTRAINT fk_entry_payment FOREIGN KEY(organization_id, payment_id) REFERENCES payment (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE entry
            ADD CONSTRAINT fk_entry_receivable FOREIGN KEY(organization_id, receivable_id) REFERENCES receivable (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE entry
            ADD CONSTRAINT fk_entry_reverses FOREIGN KEY(organization_id, reverses_id) REFERENCES entry (organization_id, id)
    """)
    op.execute("ALTER TABLE entry ADD CONSTRAINT ck_entry_amount CHECK (amount_minor <> 0)")
    op.execute("""
        ALTER TABLE entry
            ADD CONSTRAINT ck_entry_kind CHECK (kind IN ('issue', 'allocation', 'credit_note', 'withholding', 'bank_fee', 'early_payment_discount', 'interest', 'fee', 'waiver', 'write_off', 'recovery', 'cancellation', 'settled_in_erp', 'reversal'))
    """)
    op.execute("CREATE INDEX ix_entry_effective_on_kind ON entry (organization_id, effective_on, kind)")
    op.execute("""
        CREATE INDEX ix_entry_payment_id
            ON entry (organization_id, payment_id) WHERE payment_id IS NOT NULL
    """)
    op.execute("""
        CREATE INDEX ix_entry_receivable_id_effective_on
            ON entry (organization_id, receivable_id, effective_on)
    """)
    secure("entry")
    append_only("entry")

    op.execute("""
        CREATE TABLE message (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            customer_id UUID NOT NULL,
            contact_id UUID,
            payment_id UUID,
            payment_link_id UUID,
            dedupe_key TEXT NOT NULL,
            channel TEXT NOT NULL,
            template TEXT NOT NULL,
            language TEXT NOT NULL,
            state TEXT NOT NULL,
            planned_for TIMESTAMP WITH TIME ZONE NOT NULL,
            queued_at TIMESTAMP WITH TIME ZONE,
            asked_by TEXT,
            held_by TEXT,
            subject TEXT,
            body TEXT,
            sent_to TEXT,
            provider_id TEXT,
            failure TEXT,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            sending_at TIMESTAMP WITH TIME ZONE,
            sent_at TIMESTAMP WITH TIME ZONE,
            CONSTRAINT pk_message PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("message")
    op.execute("""
        ALTER TABLE message
            ADD CONSTRAINT fk_message_contact FOREIGN KEY(organization_id, contact_id) REFERENCES contact (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE message
            ADD CONSTRAINT fk_message_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE message
            ADD CONSTRAINT fk_message_payment FOREIGN KEY(organization_id, payment_id) REFERENCES payment (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE message
            ADD CONSTRAINT fk_message_payment_link FOREIGN KEY(organization_id, payment_link_id) REFERENCES payment_link (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE message
            ADD CONSTRAINT ck_message_channel CHECK (channel IN ('email', 'sms', 'whatsapp', 'letter'))
    """)
    op.execute("""
        ALTER TABLE message
            ADD CONSTRAINT ck_message_held_by CHECK (held_by IN ('nothing_due', 'unapplied_money', 'payment_pending', 'promised', 'disputed', 'on_hold', 'no_consent', 'no_address', 'contact_hours', 'contact_frequency', 'superseded', 'gone_from_erp'))
    """)
    op.execute("""
        ALTER TABLE message
            ADD CONSTRAINT ck_message_language CHECK (language IN ('es', 'en', 'pt'))
    """)
    op.execute("""
        ALTER TABLE message
            ADD CONSTRAINT ck_message_state CHECK (state IN ('planned', 'held', 'sending', 'sent', 'delivered', 'opened', 'failed', 'bounced', 'cancelled'))
    """)
    op.execute("""
        ALTER TABLE message
            ADD CONSTRAINT ck_message_template CHECK (template IN ('reminder', 'receipt'))
    """)
    op.execute("""
        ALTER TABLE message
            ADD CONSTRAINT uq_message_dedupe_key UNIQUE (organization_id, dedupe_key)
    """)
    op.execute("""
        CREATE INDEX ix_message_customer_id_created_at
            ON message (organization_id, customer_id, created_at)
    """)
    op.execute("""
        CREATE INDEX ix_message_waiting
            ON message (organization_id, planned_for) WHERE state IN ('planned', 'held')
    """)
    secure("message")
    open_to_relay("message", "SELECT (organization_id, state, planned_for)")

    op.execute("""
        CREATE TABLE activity (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            customer_id UUID NOT NULL,
            kind TEXT NOT NULL,
            outcome TEXT NOT NULL,
            happened_at TIMESTAMP WITH TIME ZONE NOT NULL,
            member_id UUID,
            contact_id UUID,
            message_id UUID,
            note TEXT,
            recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_activity PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("activity")
    op.execute("""
        ALTER TABLE activity
            ADD CONSTRAINT fk_activity_contact FOREIGN KEY(organization_id, contact_id) REFERENCES contact (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE activity
            ADD CONSTRAINT fk_activity_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE activity
            ADD CONSTRAINT fk_activity_member FOREIGN KEY(organization_id, member_id) REFERENCES member (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE activity
            ADD CONSTRAINT fk_activity_message FOREIGN KEY(organization_id, message_id) REFERENCES message (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE activity
            ADD CONSTRAINT ck_activity_kind CHECK (kind IN ('call', 'email', 'sms', 'whatsapp', 'letter', 'visit', 'note'))
    """)
    op.execute("""
        ALTER TABLE activity
            ADD CONSTRAINT ck_activity_outcome CHECK (outcome IN ('reached', 'promised', 'refused', 'disputed', 'says_paid', 'call_back', 'left_message', 'no_answer', 'wrong_person', 'wrong_number', 'none'))
    """)
    op.execute("""
        CREATE INDEX ix_activity_customer_id_happened_at
            ON activity (organization_id, customer_id, happened_at)
    """)
    secure("activity")
    append_only("activity")

    op.execute("""
        CREATE TABLE allocation (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            payment_id UUID,
            credit_note_id UUID,
            receivable_id UUID NOT NULL,
            entry_id UUID NOT NULL,
            amount_minor BIGINT NOT NULL,
            source_minor BIGINT NOT NULL,
            allocated_on DATE NOT NULL,
            recorded_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_allocation PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("allocation")
    op.execute("""
        ALTER TABLE allocation
            ADD CONSTRAINT fk_allocation_credit_note FOREIGN KEY(organization_id, credit_note_id) REFERENCES credit_note (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE allocation
            ADD CONSTRAINT fk_allocation_entry FOREIGN KEY(organization_id, entry_id) REFERENCES entry (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE allocation
            ADD CONSTRAINT fk_allocation_payment FOREIGN KEY(organization_id, payment_id) REFERENCES payment (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE allocation
            ADD CONSTRAINT fk_allocation_receivable FOREIGN KEY(organization_id, receivable_id) REFERENCES receivable (organization_id, id)
    """)
    op.execute("ALTER TABLE allocation ADD CONSTRAINT ck_allocation_amount CHECK (amount_minor <> 0)")
    op.execute("""
        ALTER TABLE allocation
            ADD CONSTRAINT ck_allocation_source CHECK ((payment_id IS NULL) <> (credit_note_id IS NULL))
    """)
    op.execute("""
        CREATE INDEX ix_allocation_credit_note_id
            ON allocation (organization_id, credit_note_id) WHERE credit_note_id IS NOT NULL
    """)
    op.execute("""
        CREATE INDEX ix_allocation_payment_id
            ON allocation (organization_id, payment_id) WHERE payment_id IS NOT NULL
    """)
    op.execute("CREATE INDEX ix_allocation_receivable_id ON allocation (organization_id, receivable_id)")
    secure("allocation")
    append_only("allocation")

    op.execute("""
        CREATE TABLE message_receivable (
            organization_id UUID NOT NULL,
            message_id UUID NOT NULL,
            receivable_id UUID NOT NULL,
            balance_minor BIGINT NOT NULL,
            due_on DATE NOT NULL,
            CONSTRAINT pk_message_receivable PRIMARY KEY (organization_id, message_id, receivable_id)
        )
    """)
    distribute("message_receivable")
    op.execute("""
        ALTER TABLE message_receivable
            ADD CONSTRAINT fk_message_receivable_message FOREIGN KEY(organization_id, message_id) REFERENCES message (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE message_receivable
            ADD CONSTRAINT fk_message_receivable_receivable FOREIGN KEY(organization_id, receivable_id) REFERENCES receivable (organization_id, id)
    """)
    op.execute("""
        CREATE INDEX ix_message_receivable_receivable_id
            ON message_receivable (organization_id, receivable_id)
    """)
    secure("message_receivable")

    # The web and worker processes read which schema they run on.
    op.execute("GRANT SELECT ON alembic_version TO cartera_app")
