"""Charges for lateness: the organization's policy, agreements with customers, dated rates and units."""

from alembic import op

from cartera.db.ddl import distribute, secure

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("""
        CREATE TABLE charge_policy (
            organization_id UUID NOT NULL,
            posting TEXT NOT NULL,
            collector_waiver_percent NUMERIC(24, 10),
            collector_waiver_minor BIGINT,
            manager_waiver_percent NUMERIC(24, 10),
            manager_waiver_minor BIGINT,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            basis TEXT NOT NULL,
            agreed_percent NUMERIC(24, 10),
            penalty_percent NUMERIC(24, 10),
            cap_percent NUMERIC(24, 10),
            day_count TEXT,
            imputation TEXT,
            CONSTRAINT pk_charge_policy PRIMARY KEY (organization_id)
        )
    """)
    distribute("charge_policy")
    op.execute("""
        ALTER TABLE charge_policy
            ADD CONSTRAINT fk_charge_policy_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    op.execute("""
        ALTER TABLE charge_policy
            ADD CONSTRAINT ck_charge_policy_basis CHECK (basis IN ('none', 'legal', 'agreed'))
    """)
    op.execute("""
        ALTER TABLE charge_policy
            ADD CONSTRAINT ck_charge_policy_day_count
            CHECK (day_count IN ('actual/365', 'actual/360', 'actual/actual', '30/360'))
    """)
    op.execute("""
        ALTER TABLE charge_policy
            ADD CONSTRAINT ck_charge_policy_imputation
            CHECK (imputation IN ('cost_interest_principal', 'interest_cost_principal', 'principal_interest_cost', 'cost_interest_principal_by_document', 'interest_cost_principal_by_document', 'principal_interest_cost_by_document'))
    """)
    op.execute("""
        ALTER TABLE charge_policy
            ADD CONSTRAINT ck_charge_policy_posting
            CHECK (posting IN ('off', 'by_hand', 'automatic'))
    """)
    secure("charge_policy")

    op.execute("""
        CREATE TABLE charge_agreement (
            organization_id UUID NOT NULL,
            customer_id UUID NOT NULL,
            updated_at TIMESTAMP WITH TIME ZONE NOT NULL,
            basis TEXT NOT NULL,
            agreed_percent NUMERIC(24, 10),
            penalty_percent NUMERIC(24, 10),
            cap_percent NUMERIC(24, 10),
            day_count TEXT,
            imputation TEXT,
            CONSTRAINT pk_charge_agreement PRIMARY KEY (organization_id, customer_id)
        )
    """)
    distribute("charge_agreement")
    op.execute("""
        ALTER TABLE charge_agreement
            ADD CONSTRAINT fk_charge_agreement_customer FOREIGN KEY(organization_id, customer_id) REFERENCES customer (organization_id, id)
    """)
    op.execute("""
        ALTER TABLE charge_agreement
            ADD CONSTRAINT ck_charge_agreement_basis
            CHECK (basis IN ('none', 'legal', 'agreed'))
    """)
    op.execute("""
        ALTER TABLE charge_agreement
            ADD CONSTRAINT ck_charge_agreement_day_count
            CHECK (day_count IN ('actual/365', 'actual/360', 'actual/actual', '30/360'))
    """)
    op.execute("""
        ALTER TABLE charge_agreement
            ADD CONSTRAINT ck_charge_agreement_imputation
            CHECK (imputation IN ('cost_interest_principal', 'interest_cost_principal', 'principal_interest_cost', 'cost_interest_principal_by_document', 'interest_cost_principal_by_document', 'principal_interest_cost_by_document'))
    """)
    secure("charge_agreement")

    op.execute("""
        CREATE TABLE interest_rate (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            code TEXT NOT NULL,
            valid_from DATE NOT NULL,
            annual_percent NUMERIC(24, 10) NOT NULL,
            source TEXT NOT NULL,
            CONSTRAINT pk_interest_rate PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("interest_rate")
    op.execute("""
        ALTER TABLE interest_rate
            ADD CONSTRAINT fk_interest_rate_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    op.execute("""
        ALTER TABLE interest_rate
            ADD CONSTRAINT uq_interest_rate_code_valid_from UNIQUE (organization_id, code, valid_from)
    """)
    secure("interest_rate")

    op.execute("""
        CREATE TABLE index_value (
            organization_id UUID NOT NULL,
            id UUID NOT NULL,
            code TEXT NOT NULL,
            quoted_on DATE NOT NULL,
            value NUMERIC(24, 10) NOT NULL,
            source TEXT NOT NULL,
            CONSTRAINT pk_index_value PRIMARY KEY (organization_id, id)
        )
    """)
    distribute("index_value")
    op.execute("""
        ALTER TABLE index_value
            ADD CONSTRAINT fk_index_value_organization FOREIGN KEY(organization_id) REFERENCES organization (organization_id)
    """)
    op.execute("ALTER TABLE index_value ADD CONSTRAINT ck_index_value_positive CHECK (value > 0)")
    op.execute("""
        ALTER TABLE index_value
            ADD CONSTRAINT uq_index_value_code_quoted_on UNIQUE (organization_id, code, quoted_on)
    """)
    secure("index_value")
