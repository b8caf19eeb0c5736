"""Payment plans: terms, receivables, instalments and the organization's policy; plans hold reminders back."""

from alembic import op

from cartera.db.ddl import distribute, secure

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_HELD_BY = (
    "'nothing_due', 'unapplied_money', 'payment_pending', 'promised', 'in_plan', 'disputed', 'on_hold',"
    " 'no_consent', 'no_address', 'contact_hours', 'contact_frequency', 'superseded', 'gone_from_erp'"
)


def upgrade() -> None:
    op.execute("ALTER TABLE message DROP CONSTRAINT ck_message_held_by")
    op.execute(f"ALTER TABLE message ADD CONSTRAINT ck_message_held_by CHECK (held_by IN ({_HELD_BY}))")
    _plan()
    _plan_receivable()
    _instalment()
    _plan_policy()


def _plan() -> None:
    op.execute("""
        CREATE TABLE plan (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            customer_id UUID NOT NULL,
            state TEXT NOT NULL,
            currency TEXT NOT NULL,
            principal_minor BIGINT NOT NULL,
            charges_minor BIGINT NOT NULL,
            charges_forgiven_minor BIGINT NOT NULL,
            principal_forgiven_minor BIGINT NOT NULL,
            down_payment_minor BIGINT NOT NULL,
            interest_minor BIGINT NOT NULL,
            total_minor BIGINT NOT NULL,
            annual_percent NUMERIC(24, 10) NOT NULL,
            day_count TEXT NOT NULL,
            starts_on DATE NOT NULL,
            ends_on DATE NOT NULL,
            default_after BIGINT NOT NULL,
            grace_banking_days BIGINT NOT NULL,
            money_before_minor BIGINT NOT NULL,
            late_count BIGINT NOT NULL,
            needs_approval BOOLEAN NOT NULL,
            approver_id UUID,
            approved_at TIMESTAMP WITH TIME ZONE,
            member_id UUID,
            note TEXT,
            created_at TIMESTAMP WITH TIME ZONE NOT NULL,
            activated_at TIMESTAMP WITH TIME ZONE,
            activated_on DATE,
            ended_on DATE,
            CONSTRAINT pk_plan PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("plan")
    op.execute("""
        ALTER TABLE plan
            ADD CONSTRAINT fk_plan_customer FOREIGN KEY (organization_id, customer_id)
                REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE plan
            ADD CONSTRAINT fk_plan_member FOREIGN KEY (organization_id, member_id)
                REFERENCES member (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE plan
            ADD CONSTRAINT fk_plan_approver FOREIGN KEY (organization_id, approver_id)
                REFERENCES member (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE plan
            ADD CONSTRAINT ck_plan_state CHECK (
                state IN ('proposed', 'active', 'completed', 'defaulted', 'cancelled')
            )
    """)
    op.execute("""
        ALTER TABLE plan
            ADD CONSTRAINT ck_plan_day_count CHECK (day_count IN ('actual/365', 'actual/360', 'actual/actual', '30/360'))
    """)
    op.execute("""
        ALTER TABLE plan
            ADD CONSTRAINT ck_plan_owed CHECK (principal_minor >= 0 AND charges_minor >= 0)
    """)
    op.execute("""
        ALTER TABLE plan
            ADD CONSTRAINT ck_plan_charges_forgiven CHECK (charges_forgiven_minor BETWEEN 0 AND charges_minor)
    """)
    op.execute("""
        ALTER TABLE plan
            ADD CONSTRAINT ck_plan_principal_forgiven CHECK (
                principal_forgiven_minor BETWEEN 0 AND principal_minor
            )
    """)
    op.execute("""
        ALTER TABLE plan
            ADD CONSTRAINT ck_plan_total CHECK (
                 total_minor = principal_minor + charges_minor - charges_forgiven_minor - principal_forgiven_minor
                    + interest_minor
            )
    """)
    op.execute("""
        ALTER TABLE plan
            ADD CONSTRAINT ck_plan_late CHECK (
                late_count >= 0 AND default_after > 0 AND grace_banking_days >= 0
            )
    """)
    op.execute("""
        ALTER TABLE plan
            ADD CONSTRAINT ck_plan_dates CHECK (ends_on >= starts_on)
    """)
    op.execute("""
        CREATE INDEX ix_plan_active ON plan (organization_id, customer_id) WHERE state = 'active'
    """)
    op.execute("""
        CREATE INDEX ix_plan_customer_id_created_at ON plan (organization_id, customer_id, created_at)
    """)
    secure("plan")


def _plan_receivable() -> None:
    op.execute("""
        CREATE TABLE plan_receivable (
            organization_id UUID NOT NULL,
            plan_id UUID NOT NULL,
            receivable_id UUID NOT NULL,
            principal_minor BIGINT NOT NULL,
            charges_minor BIGINT NOT NULL,
            is_active BOOLEAN NOT NULL,
            CONSTRAINT pk_plan_receivable PRIMARY KEY (organization_id, plan_id, receivable_id)
        )
    """)
    distribute("plan_receivable")
    op.execute("""
        ALTER TABLE plan_receivable
            ADD CONSTRAINT fk_plan_receivable_plan FOREIGN KEY (organization_id, plan_id)
                REFERENCES plan (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE plan_receivable
            ADD CONSTRAINT fk_plan_receivable_receivable FOREIGN KEY (organization_id, receivable_id)
                REFERENCES receivable (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE plan_receivable
            ADD CONSTRAINT ck_plan_receivable_owed CHECK (principal_minor >= 0 AND charges_minor >= 0)
    """)
    op.execute("""
        CREATE INDEX ix_plan_receivable_receivable_id ON plan_receivable (organization_id, receivable_id)
    """)
    op.execute("""
        CREATE UNIQUE INDEX uq_plan_receivable_active ON plan_receivable (organization_id, receivable_id) WHERE is_active
    """)
    secure("plan_receivable")


def _instalment() -> None:
    op.execute("""
        CREATE TABLE instalment (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            plan_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            number BIGINT NOT NULL,
            from_on DATE NOT NULL,
            due_on DATE NOT NULL,
            last_day DATE NOT NULL,
            debt_minor BIGINT NOT NULL,
            base_minor BIGINT NOT NULL,
            interest_minor BIGINT NOT NULL,
            balance_minor BIGINT NOT NULL,
            owed_minor BIGINT NOT NULL,
            paid_minor BIGINT NOT NULL,
            state TEXT NOT NULL,
            charge_id UUID,
            CONSTRAINT pk_instalment PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("instalment")
    op.execute("""
        ALTER TABLE instalment
            ADD CONSTRAINT fk_instalment_plan FOREIGN KEY (organization_id, plan_id)
                REFERENCES plan (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE instalment
            ADD CONSTRAINT fk_instalment_customer FOREIGN KEY (organization_id, customer_id)
                REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE instalment
            ADD CONSTRAINT fk_instalment_charge FOREIGN KEY (organization_id, charge_id)
                REFERENCES charge (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE instalment
            ADD CONSTRAINT uq_instalment_plan_id_number UNIQUE (organization_id, plan_id, number)
    """)
    op.execute("""
        ALTER TABLE instalment
            ADD CONSTRAINT ck_instalment_state CHECK (state IN ('pending', 'paid', 'late'))
    """)
    op.execute("""
        ALTER TABLE instalment
            ADD CONSTRAINT ck_instalment_amount CHECK (
                debt_minor > 0 AND interest_minor >= 0 AND balance_minor >= 0
            )
    """)
    op.execute("""
        ALTER TABLE instalment
            ADD CONSTRAINT ck_instalment_owed CHECK (owed_minor BETWEEN 0 AND debt_minor + interest_minor)
    """)
    op.execute("""
        ALTER TABLE instalment
            ADD CONSTRAINT ck_instalment_paid CHECK (paid_minor BETWEEN 0 AND owed_minor)
    """)
    op.execute("""
        ALTER TABLE instalment
            ADD CONSTRAINT ck_instalment_dates CHECK (due_on >= from_on AND last_day >= due_on)
    """)
    op.execute("""
        CREATE INDEX ix_instalment_unpaid ON instalment (organization_id, customer_id, last_day) WHERE state <> 'paid'
    """)
    secure("instalment")


def _plan_policy() -> None:
    op.execute("""
        CREATE TABLE plan_policy (
            organization_id UUID NOT NULL,
            max_instalments BIGINT NOT NULL,
            max_days BIGINT NOT NULL,
            max_charges_percent BIGINT NOT NULL,
            max_principal_percent BIGINT NOT NULL,
            collector_charges_percent BIGINT NOT NULL,
            collector_principal_percent BIGINT NOT NULL,
            default_after BIGINT NOT NULL,
            grace_banking_days BIGINT NOT NULL,
            actor TEXT NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            CONSTRAINT pk_plan_policy PRIMARY KEY (organization_id)
        )
    """)
    distribute("plan_policy")
    op.execute("""
        ALTER TABLE plan_policy
            ADD CONSTRAINT fk_plan_policy_organization FOREIGN KEY (organization_id)
                REFERENCES organization (organization_id)
    """)
    op.execute("""
        ALTER TABLE plan_policy
            ADD CONSTRAINT ck_plan_policy_instalments CHECK (max_instalments BETWEEN 1 AND 360)
    """)
    op.execute("""
        ALTER TABLE plan_policy
            ADD CONSTRAINT ck_plan_policy_days CHECK (max_days BETWEEN 1 AND 36525)
    """)
    op.execute("""
        ALTER TABLE plan_policy
            ADD CONSTRAINT ck_plan_policy_charges CHECK (
                collector_charges_percent BETWEEN 0 AND max_charges_percent
            )
    """)
    op.execute("""
        ALTER TABLE plan_policy
            ADD CONSTRAINT ck_plan_policy_principal CHECK (
                collector_principal_percent BETWEEN 0 AND max_principal_percent
            )
    """)
    op.execute("""
        ALTER TABLE plan_policy
            ADD CONSTRAINT ck_plan_policy_percent CHECK (
                max_charges_percent <= 100 AND max_principal_percent <= 100
            )
    """)
    op.execute("""
        ALTER TABLE plan_policy
            ADD CONSTRAINT ck_plan_policy_default CHECK (default_after BETWEEN 1 AND 360)
    """)
    op.execute("""
        ALTER TABLE plan_policy
            ADD CONSTRAINT ck_plan_policy_grace CHECK (grace_banking_days BETWEEN 0 AND 30)
    """)
    secure("plan_policy")
