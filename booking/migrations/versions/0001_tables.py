"""The tables, as the models have them at the beginning.

Revision: 0001, after 
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('app_user',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('email', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('role', sa.Enum('teacher', 'coordinator', 'officer', 'administrator', name='role', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=True),
    sa.Column('language', sa.Enum('ko', 'en', name='language', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('email = lower(email)', name=op.f('ck_app_user_email_lower')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_app_user')),
    sa.UniqueConstraint('email', name=op.f('uq_app_user_email'))
    )
    op.create_table('centre',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('sms_header', sa.Text(), nullable=False),
    sa.Column('sms_header_en', sa.Text(), nullable=False),
    sa.Column('telephone', sa.Text(), nullable=False),
    sa.Column('answer_days', sa.Integer(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_centre_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_centre'))
    )
    op.create_table('coach',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('language', sa.Enum('ko', 'en', name='language', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('training_valid_until', sa.Date(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_coach'))
    )
    op.create_table('heartbeat',
    sa.Column('process', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('broker_ok', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('process', name=op.f('pk_heartbeat'))
    )
    op.create_table('history_entry',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('actor', sa.Text(), nullable=False),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('subject_type', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.BigInteger(), nullable=False),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_history_entry'))
    )
    op.create_index('ix_history_entry_subject', 'history_entry', ['subject_type', 'subject_id'], unique=False)
    op.create_table('job',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('topic', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.BigInteger(), nullable=False),
    sa.Column('available_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('begun_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('again_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('done_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job'))
    )
    op.create_index('ix_job_due', 'job', ['available_at'], unique=False, postgresql_where=sa.text('done_at IS NULL'))
    op.create_index('uq_job_open', 'job', ['topic', 'subject_id'], unique=True, postgresql_where=sa.text('done_at IS NULL'))
    op.create_table('receipt',
    sa.Column('provider', sa.Text(), nullable=False),
    sa.Column('event_id', sa.Text(), nullable=False),
    sa.Column('ref', sa.Text(), nullable=True),
    sa.Column('provider_ref', sa.Text(), nullable=True),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('received_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('provider', 'event_id', name=op.f('pk_receipt'))
    )
    op.create_index(op.f('ix_receipt_provider_ref'), 'receipt', ['provider_ref'], unique=False)
    op.create_index(op.f('ix_receipt_ref'), 'receipt', ['ref'], unique=False)
    op.create_table('school',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('sms_name', sa.Text(), nullable=False),
    sa.Column('level', sa.Enum('elementary', 'middle', 'high', name='level', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('lat', sa.Double(), nullable=False),
    sa.Column('lon', sa.Double(), nullable=False),
    sa.Column('telephone', sa.Text(), nullable=True),
    sa.Column('own_chaperones_per_slot', sa.Integer(), nullable=False),
    sa.Column('fairness_credit', sa.Double(), nullable=False),
    sa.Column('am_starts', sa.Time(), nullable=False),
    sa.Column('am_ends', sa.Time(), nullable=False),
    sa.Column('pm_starts', sa.Time(), nullable=False),
    sa.Column('pm_ends', sa.Time(), nullable=False),
    sa.CheckConstraint('fairness_credit >= 0', name=op.f('ck_school_credit')),
    sa.CheckConstraint('lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180', name=op.f('ck_school_place')),
    sa.CheckConstraint('own_chaperones_per_slot >= 0', name=op.f('ck_school_own_chaperones')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_school')),
    sa.UniqueConstraint('code', name=op.f('uq_school_code'))
    )
    op.create_table('term',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('name_en', sa.Text(), nullable=False),
    sa.Column('instance_name', sa.Text(), nullable=False),
    sa.Column('is_current', sa.Boolean(), nullable=False),
    sa.Column('opens_on', sa.Date(), nullable=False),
    sa.Column('allocation_on', sa.Date(), nullable=False),
    sa.Column('confirmation_on', sa.Date(), nullable=False),
    sa.Column('leftovers_on', sa.Date(), nullable=False),
    sa.Column('closes_on', sa.Date(), nullable=False),
    sa.Column('policy', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.CheckConstraint('opens_on < allocation_on AND allocation_on <= confirmation_on AND confirmation_on <= leftovers_on AND leftovers_on < closes_on', name=op.f('ck_term_phases_in_order')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_term')),
    sa.UniqueConstraint('instance_name', name=op.f('uq_term_instance_name'))
    )
    op.create_index('uq_term_current', 'term', ['is_current'], unique=True, postgresql_where=sa.text('is_current'))
    op.create_table('throttle',
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('window_ends_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_throttle'))
    )
    op.create_table('workplace',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('sms_name', sa.Text(), nullable=False),
    sa.Column('kind', sa.Enum('public', 'company', 'sole_trader', 'civic', 'school', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('status', sa.Enum('found', 'talks', 'inspected', 'approved', 'active', 'paused', 'ended', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('field', sa.Enum('business', 'engineering', 'public-service', 'health', 'arts', 'personal-service', 'sales-transport', 'construction', 'production', 'agriculture', name='field', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('lat', sa.Double(), nullable=False),
    sa.Column('lon', sa.Double(), nullable=False),
    sa.Column('min_group', sa.Integer(), nullable=False),
    sa.Column('max_group', sa.Integer(), nullable=False),
    sa.Column('groups_per_slot', sa.Integer(), nullable=False),
    sa.Column('visits_per_day', sa.Integer(), nullable=True),
    sa.Column('visits_per_week', sa.Integer(), nullable=True),
    sa.Column('visits_per_term', sa.Integer(), nullable=True),
    sa.Column('levels', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('safety_valid_until', sa.Date(), nullable=True),
    sa.Column('insurance_valid_until', sa.Date(), nullable=True),
    sa.Column('prepares', sa.Text(), nullable=False),
    sa.CheckConstraint('groups_per_slot >= 1 AND visits_per_day >= 1 AND visits_per_week >= 1 AND visits_per_term >= 1', name=op.f('ck_workplace_limits')),
    sa.CheckConstraint('lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180', name=op.f('ck_workplace_place')),
    sa.CheckConstraint('min_group >= 1 AND max_group >= min_group', name=op.f('ck_workplace_group_size')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workplace')),
    sa.UniqueConstraint('code', name=op.f('uq_workplace_code'))
    )
    op.create_table('access_entry',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=True), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('clock_timestamp()'), nullable=False),
    sa.Column('user_id', sa.BigInteger(), nullable=True),
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('ip', postgresql.INET(), nullable=True),
    sa.Column('action', sa.Text(), nullable=False),
    sa.Column('subject_type', sa.Text(), nullable=False),
    sa.Column('subject_id', sa.BigInteger(), nullable=True),
    sa.Column('count', sa.Integer(), nullable=False),
    sa.Column('purpose', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_access_entry_user_id_app_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_access_entry'))
    )
    op.create_index(op.f('ix_access_entry_user_id'), 'access_entry', ['user_id'], unique=False)
    op.create_table('allocation_run',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('term_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('term', 'repair', name='kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('status', sa.Enum('queued', 'solving', 'proposed', 'published', 'superseded', 'discarded', 'cancelled', 'failed', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('created_by_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('policy', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('seed', sa.Integer(), nullable=False),
    sa.Column('time_limit', sa.Double(), nullable=False),
    sa.Column('cancel_requested', sa.Boolean(), nullable=False),
    sa.Column('again', sa.Boolean(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('instance', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('facts_sha256', sa.Text(), nullable=True),
    sa.Column('kpis', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('kpis_before', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('bounds', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('solver', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('load_before', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('needs_repair', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['created_by_id'], ['app_user.id'], name=op.f('fk_allocation_run_created_by_id_app_user')),
    sa.ForeignKeyConstraint(['term_id'], ['term.id'], name=op.f('fk_allocation_run_term_id_term'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_allocation_run'))
    )
    op.create_index(op.f('ix_allocation_run_term_id'), 'allocation_run', ['term_id'], unique=False)
    op.create_index('uq_allocation_run_active', 'allocation_run', ['term_id', 'kind'], unique=True, postgresql_where=sa.text("status IN ('queued', 'solving')"))
    op.create_index('uq_allocation_run_published', 'allocation_run', ['term_id'], unique=True, postgresql_where=sa.text("status = 'published'"))
    op.create_table('bundle',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('term_id', sa.BigInteger(), nullable=False),
    sa.Column('school_id', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['school_id'], ['school.id'], name=op.f('fk_bundle_school_id_school')),
    sa.ForeignKeyConstraint(['term_id'], ['term.id'], name=op.f('fk_bundle_term_id_term'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bundle')),
    sa.UniqueConstraint('id', 'school_id', name=op.f('uq_bundle_id_school_id')),
    sa.UniqueConstraint('term_id', 'code', name=op.f('uq_bundle_term_id_code'))
    )
    op.create_table('message',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('ref', sa.Uuid(), nullable=False),
    sa.Column('user_id', sa.BigInteger(), nullable=True),
    sa.Column('workplace_id', sa.BigInteger(), nullable=True),
    sa.Column('kind', sa.Text(), nullable=False),
    sa.Column('channel', sa.Enum('email', 'sms', name='channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('language', sa.Enum('ko', 'en', name='language', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('status', sa.Enum('created', 'sending', 'sent', 'delivered', 'bounced', 'failed', 'unknown', 'withdrawn', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('available_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('provider', sa.Text(), nullable=True),
    sa.Column('provider_ref', sa.Text(), nullable=True),
    sa.Column('body', sa.Text(), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint('num_nonnulls(user_id, workplace_id) = 1', name=op.f('ck_message_one_recipient')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_message_user_id_app_user')),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplace.id'], name=op.f('fk_message_workplace_id_workplace')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    sa.UniqueConstraint('ref', name=op.f('uq_message_ref'))
    )
    op.create_index(op.f('ix_message_provider_ref'), 'message', ['provider_ref'], unique=False)
    op.create_index('ix_message_subject', 'message', ['subject'], unique=False)
    op.create_index('ix_message_unsent', 'message', ['available_at'], unique=False, postgresql_where=sa.text("status IN ('created', 'sending', 'unknown')"))
    op.create_index('uq_message_user', 'message', ['user_id', 'kind', 'subject', 'version', 'channel'], unique=True, postgresql_where=sa.text('user_id IS NOT NULL'))
    op.create_index('uq_message_workplace', 'message', ['workplace_id', 'kind', 'subject', 'version', 'channel'], unique=True, postgresql_where=sa.text('workplace_id IS NOT NULL'))
    op.create_table('school_class',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('school_id', sa.BigInteger(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('pupils', sa.Integer(), nullable=False),
    sa.Column('chaperones_needed', sa.Integer(), nullable=False),
    sa.CheckConstraint('chaperones_needed >= 0', name=op.f('ck_school_class_chaperones')),
    sa.CheckConstraint('pupils BETWEEN 1 AND 100', name=op.f('ck_school_class_pupils')),
    sa.ForeignKeyConstraint(['school_id'], ['school.id'], name=op.f('fk_school_class_school_id_school')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_school_class')),
    sa.UniqueConstraint('school_id', 'label', name=op.f('uq_school_class_school_id_label'))
    )
    op.create_index(op.f('ix_school_class_school_id'), 'school_class', ['school_id'], unique=False)
    op.create_table('slot',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('term_id', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('date', sa.Date(), nullable=False),
    sa.Column('block', sa.Enum('AM', 'PM', name='block', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.ForeignKeyConstraint(['term_id'], ['term.id'], name=op.f('fk_slot_term_id_term'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_slot')),
    sa.UniqueConstraint('id', 'date', name=op.f('uq_slot_id_date')),
    sa.UniqueConstraint('term_id', 'code', name=op.f('uq_slot_term_id_code')),
    sa.UniqueConstraint('term_id', 'date', 'block', name=op.f('uq_slot_term_id_date_block'))
    )
    op.create_table('teacher_post',
    sa.Column('id', sa.Integer(), sa.Identity(always=False), nullable=False),
    sa.Column('user_id', sa.BigInteger(), nullable=False),
    sa.Column('school_id', sa.BigInteger(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('since', sa.Date(), nullable=False),
    sa.Column('until', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['school_id'], ['school.id'], name=op.f('fk_teacher_post_school_id_school')),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_teacher_post_user_id_app_user')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_teacher_post'))
    )
    op.create_index(op.f('ix_teacher_post_school_id'), 'teacher_post', ['school_id'], unique=False)
    op.create_index(op.f('ix_teacher_post_user_id'), 'teacher_post', ['user_id'], unique=False)
    op.create_index('uq_teacher_post_now', 'teacher_post', ['user_id', 'school_id'], unique=True, postgresql_where=sa.text('until IS NULL'))
    op.create_table('web_session',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('user_id', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ip', postgresql.INET(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['app_user.id'], name=op.f('fk_web_session_user_id_app_user')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_web_session'))
    )
    op.create_index(op.f('ix_web_session_user_id'), 'web_session', ['user_id'], unique=False)
    op.create_table('workplace_contact',
    sa.Column('workplace_id', sa.BigInteger(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), nullable=True),
    sa.Column('phone', sa.Text(), nullable=True),
    sa.Column('language', sa.Enum('ko', 'en', name='language', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplace.id'], name=op.f('fk_workplace_contact_workplace_id_workplace'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workplace_id', name=op.f('pk_workplace_contact'))
    )
    op.create_table('workplace_exception',
    sa.Column('workplace_id', sa.BigInteger(), nullable=False),
    sa.Column('date', sa.Date(), nullable=False),
    sa.Column('block', sa.Enum('AM', 'PM', name='block', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('open', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplace.id'], name=op.f('fk_workplace_exception_workplace_id_workplace'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workplace_id', 'date', 'block', name=op.f('pk_workplace_exception'))
    )
    op.create_table('workplace_hours',
    sa.Column('workplace_id', sa.BigInteger(), nullable=False),
    sa.Column('weekday', sa.Integer(), nullable=False),
    sa.Column('block', sa.Enum('AM', 'PM', name='block', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.CheckConstraint('weekday BETWEEN 0 AND 6', name=op.f('ck_workplace_hours_weekday')),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplace.id'], name=op.f('fk_workplace_hours_workplace_id_workplace'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workplace_id', 'weekday', 'block', name=op.f('pk_workplace_hours'))
    )
    op.create_table('workplace_notice',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('workplace_id', sa.BigInteger(), nullable=False),
    sa.Column('date', sa.Date(), nullable=False),
    sa.Column('answer_by', sa.Date(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('facts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplace.id'], name=op.f('fk_workplace_notice_workplace_id_workplace')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workplace_notice')),
    sa.UniqueConstraint('workplace_id', 'date', name=op.f('uq_workplace_notice_workplace_id_date'))
    )
    op.create_index(op.f('ix_workplace_notice_date'), 'workplace_notice', ['date'], unique=False)
    op.create_table('coach_availability',
    sa.Column('coach_id', sa.BigInteger(), nullable=False),
    sa.Column('slot_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['coach_id'], ['coach.id'], name=op.f('fk_coach_availability_coach_id_coach'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['slot_id'], ['slot.id'], name=op.f('fk_coach_availability_slot_id_slot'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('coach_id', 'slot_id', name=op.f('pk_coach_availability'))
    )
    op.create_index(op.f('ix_coach_availability_slot_id'), 'coach_availability', ['slot_id'], unique=False)
    op.create_table('private_link',
    sa.Column('token_hash', sa.LargeBinary(), nullable=False),
    sa.Column('notice_id', sa.BigInteger(), nullable=False),
    sa.Column('notice_version', sa.Integer(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['notice_id'], ['workplace_notice.id'], name=op.f('fk_private_link_notice_id_workplace_notice'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_private_link'))
    )
    op.create_index(op.f('ix_private_link_notice_id'), 'private_link', ['notice_id'], unique=False)
    op.create_table('request',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('term_id', sa.BigInteger(), nullable=False),
    sa.Column('school_id', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.Text(), nullable=False),
    sa.Column('class_id', sa.BigInteger(), nullable=True),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('pupils', sa.Integer(), nullable=False),
    sa.Column('chaperones_needed', sa.Integer(), nullable=False),
    sa.Column('fields', postgresql.ARRAY(sa.Text()), nullable=False),
    sa.Column('bundle_id', sa.BigInteger(), nullable=True),
    sa.Column('max_travel_km', sa.Double(), nullable=True),
    sa.Column('status', sa.Enum('submitted', 'allocated', 'served', 'unserved', 'withdrawn', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('pinned_slot_id', sa.BigInteger(), nullable=True),
    sa.Column('withdrawn_reason', sa.Text(), nullable=True),
    sa.Column('created_by_id', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.CheckConstraint('chaperones_needed >= 0', name=op.f('ck_request_chaperones')),
    sa.CheckConstraint('max_travel_km > 0', name=op.f('ck_request_travel')),
    sa.CheckConstraint('pupils BETWEEN 1 AND 100', name=op.f('ck_request_pupils')),
    sa.ForeignKeyConstraint(['bundle_id', 'school_id'], ['bundle.id', 'bundle.school_id'], name=op.f('fk_request_bundle_id_school_id_bundle')),
    sa.ForeignKeyConstraint(['class_id'], ['school_class.id'], name=op.f('fk_request_class_id_school_class')),
    sa.ForeignKeyConstraint(['created_by_id'], ['app_user.id'], name=op.f('fk_request_created_by_id_app_user')),
    sa.ForeignKeyConstraint(['pinned_slot_id'], ['slot.id'], name=op.f('fk_request_pinned_slot_id_slot')),
    sa.ForeignKeyConstraint(['school_id'], ['school.id'], name=op.f('fk_request_school_id_school')),
    sa.ForeignKeyConstraint(['term_id'], ['term.id'], name=op.f('fk_request_term_id_term'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_request')),
    sa.UniqueConstraint('term_id', 'code', name=op.f('uq_request_term_id_code'))
    )
    op.create_index(op.f('ix_request_bundle_id'), 'request', ['bundle_id'], unique=False)
    op.create_index(op.f('ix_request_class_id'), 'request', ['class_id'], unique=False)
    op.create_index(op.f('ix_request_school_id'), 'request', ['school_id'], unique=False)
    op.create_index(op.f('ix_request_term_id'), 'request', ['term_id'], unique=False)
    op.create_table('run_progress',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('stage', sa.Text(), nullable=False),
    sa.Column('seconds', sa.Double(), nullable=False),
    sa.Column('incumbent', sa.Double(), nullable=True),
    sa.Column('bound', sa.Double(), nullable=True),
    sa.Column('gap', sa.Double(), nullable=True),
    sa.Column('placed_pupils', sa.Integer(), nullable=True),
    sa.Column('load', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.ForeignKeyConstraint(['run_id'], ['allocation_run.id'], name=op.f('fk_run_progress_run_id_allocation_run'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_run_progress'))
    )
    op.create_index(op.f('ix_run_progress_run_id'), 'run_progress', ['run_id'], unique=False)
    op.create_table('excluded_workplace',
    sa.Column('request_id', sa.BigInteger(), nullable=False),
    sa.Column('workplace_id', sa.BigInteger(), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['request_id'], ['request.id'], name=op.f('fk_excluded_workplace_request_id_request'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplace.id'], name=op.f('fk_excluded_workplace_workplace_id_workplace')),
    sa.PrimaryKeyConstraint('request_id', 'workplace_id', name=op.f('pk_excluded_workplace'))
    )
    op.create_table('offer',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('request_id', sa.BigInteger(), nullable=False),
    sa.Column('slot_id', sa.BigInteger(), nullable=False),
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Enum('found', 'sent', 'accepted', 'declined', 'countered', 'expired', 'withdrawn', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('gains', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('answer_by', sa.Date(), nullable=False),
    sa.Column('answered_by_id', sa.BigInteger(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.ForeignKeyConstraint(['answered_by_id'], ['app_user.id'], name=op.f('fk_offer_answered_by_id_app_user')),
    sa.ForeignKeyConstraint(['request_id'], ['request.id'], name=op.f('fk_offer_request_id_request')),
    sa.ForeignKeyConstraint(['run_id'], ['allocation_run.id'], name=op.f('fk_offer_run_id_allocation_run')),
    sa.ForeignKeyConstraint(['slot_id'], ['slot.id'], name=op.f('fk_offer_slot_id_slot')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offer'))
    )
    op.create_index(op.f('ix_offer_request_id'), 'offer', ['request_id'], unique=False)
    op.create_index('uq_offer_open', 'offer', ['request_id'], unique=True, postgresql_where=sa.text("status IN ('found', 'sent')"))
    op.create_table('proposal',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.Column('request_id', sa.BigInteger(), nullable=False),
    sa.Column('slot_id', sa.BigInteger(), nullable=True),
    sa.Column('why', postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
    sa.Column('by_hand', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['request_id'], ['request.id'], name=op.f('fk_proposal_request_id_request')),
    sa.ForeignKeyConstraint(['run_id'], ['allocation_run.id'], name=op.f('fk_proposal_run_id_allocation_run'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['slot_id'], ['slot.id'], name=op.f('fk_proposal_slot_id_slot')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposal')),
    sa.UniqueConstraint('run_id', 'request_id', name=op.f('uq_proposal_run_id_request_id'))
    )
    op.create_index(op.f('ix_proposal_request_id'), 'proposal', ['request_id'], unique=False)
    op.create_table('request_slot',
    sa.Column('request_id', sa.BigInteger(), nullable=False),
    sa.Column('slot_id', sa.BigInteger(), nullable=False),
    sa.Column('wish', sa.Enum('requested', 'negotiable', name='wish', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.CheckConstraint('position >= 0', name=op.f('ck_request_slot_position')),
    sa.ForeignKeyConstraint(['request_id'], ['request.id'], name=op.f('fk_request_slot_request_id_request'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['slot_id'], ['slot.id'], name=op.f('fk_request_slot_slot_id_slot')),
    sa.PrimaryKeyConstraint('request_id', 'slot_id', name=op.f('pk_request_slot')),
    sa.UniqueConstraint('request_id', 'wish', 'position', deferrable=True, initially='DEFERRED', name=op.f('uq_request_slot_request_id_wish_position'))
    )
    op.create_index(op.f('ix_request_slot_slot_id'), 'request_slot', ['slot_id'], unique=False)
    op.create_table('visit',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('request_id', sa.BigInteger(), nullable=False),
    sa.Column('slot_id', sa.BigInteger(), nullable=False),
    sa.Column('run_id', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Enum('proposed', 'published', 'confirmed', 'completed', 'cancelled', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('cancelled_by', sa.Text(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['request_id'], ['request.id'], name=op.f('fk_visit_request_id_request')),
    sa.ForeignKeyConstraint(['run_id'], ['allocation_run.id'], name=op.f('fk_visit_run_id_allocation_run')),
    sa.ForeignKeyConstraint(['slot_id'], ['slot.id'], name=op.f('fk_visit_slot_id_slot')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit'))
    )
    op.create_index(op.f('ix_visit_request_id'), 'visit', ['request_id'], unique=False)
    op.create_index(op.f('ix_visit_run_id'), 'visit', ['run_id'], unique=False)
    op.create_index(op.f('ix_visit_slot_id'), 'visit', ['slot_id'], unique=False)
    op.create_index('uq_visit_live_request', 'visit', ['request_id'], unique=True, postgresql_where=sa.text("status <> 'cancelled'"))
    op.create_table('proposal_group',
    sa.Column('proposal_id', sa.BigInteger(), nullable=False),
    sa.Column('workplace_id', sa.BigInteger(), nullable=False),
    sa.Column('pupils', sa.Integer(), nullable=False),
    sa.CheckConstraint('pupils >= 1', name=op.f('ck_proposal_group_pupils')),
    sa.ForeignKeyConstraint(['proposal_id'], ['proposal.id'], name=op.f('fk_proposal_group_proposal_id_proposal'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplace.id'], name=op.f('fk_proposal_group_workplace_id_workplace')),
    sa.PrimaryKeyConstraint('proposal_id', 'workplace_id', name=op.f('pk_proposal_group'))
    )
    op.create_table('visit_group',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('visit_id', sa.BigInteger(), nullable=False),
    sa.Column('slot_id', sa.BigInteger(), nullable=False),
    sa.Column('workplace_id', sa.BigInteger(), nullable=False),
    sa.Column('pupils', sa.Integer(), nullable=False),
    sa.Column('seat', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('proposed', 'asked', 'accepted', 'declined', 'expired', 'released', name='status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('answer_reason', sa.Text(), nullable=True),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.CheckConstraint('pupils >= 1', name=op.f('ck_visit_group_pupils')),
    sa.CheckConstraint('seat >= 1', name=op.f('ck_visit_group_seat')),
    sa.ForeignKeyConstraint(['slot_id'], ['slot.id'], name=op.f('fk_visit_group_slot_id_slot')),
    sa.ForeignKeyConstraint(['visit_id'], ['visit.id'], name=op.f('fk_visit_group_visit_id_visit')),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplace.id'], name=op.f('fk_visit_group_workplace_id_workplace')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_group'))
    )
    op.create_index(op.f('ix_visit_group_visit_id'), 'visit_group', ['visit_id'], unique=False)
    op.create_index(op.f('ix_visit_group_workplace_id'), 'visit_group', ['workplace_id'], unique=False)
    op.create_index('uq_visit_group_seat', 'visit_group', ['workplace_id', 'slot_id', 'seat'], unique=True, postgresql_where=sa.text("status IN ('proposed', 'asked', 'accepted', 'expired')"))
    op.create_index('uq_visit_group_workplace', 'visit_group', ['visit_id', 'workplace_id'], unique=True, postgresql_where=sa.text("status IN ('proposed', 'asked', 'accepted', 'expired')"))


def downgrade() -> None:
    op.drop_index('uq_visit_group_workplace', table_name='visit_group', postgresql_where=sa.text("status IN ('proposed', 'asked', 'accepted', 'expired')"))
    op.drop_index('uq_visit_group_seat', table_name='visit_group', postgresql_where=sa.text("status IN ('proposed', 'asked', 'accepted', 'expired')"))
    op.drop_index(op.f('ix_visit_group_workplace_id'), table_name='visit_group')
    op.drop_index(op.f('ix_visit_group_visit_id'), table_name='visit_group')
    op.drop_table('visit_group')
    op.drop_table('proposal_group')
    op.drop_index('uq_visit_live_request', table_name='visit', postgresql_where=sa.text("status <> 'cancelled'"))
    op.drop_index(op.f('ix_visit_slot_id'), table_name='visit')
    op.drop_index(op.f('ix_visit_run_id'), table_name='visit')
    op.drop_index(op.f('ix_visit_request_id'), table_name='visit')
    op.drop_table('visit')
    op.drop_index(op.f('ix_request_slot_slot_id'), table_name='request_slot')
    op.drop_table('request_slot')
    op.drop_index(op.f('ix_proposal_request_id'), table_name='proposal')
    op.drop_table('proposal')
    op.drop_index('uq_offer_open', table_name='offer', postgresql_where=sa.text("status IN ('found', 'sent')"))
    op.drop_index(op.f('ix_offer_request_id'), table_name='offer')
    op.drop_table('offer')
    op.drop_table('excluded_workplace')
    op.drop_index(op.f('ix_run_progress_run_id'), table_name='run_progress')
    op.drop_table('run_progress')
    op.drop_index(op.f('ix_request_term_id'), table_name='request')
    op.drop_index(op.f('ix_request_school_id'), table_name='request')
    op.drop_index(op.f('ix_request_class_id'), table_name='request')
    op.drop_index(op.f('ix_request_bundle_id'), table_name='request')
    op.drop_table('request')
    op.drop_index(op.f('ix_private_link_notice_id'), table_name='private_link')
    op.drop_table('private_link')
    op.drop_index(op.f('ix_coach_availability_slot_id'), table_name='coach_availability')
    op.drop_table('coach_availability')
    op.drop_index(op.f('ix_workplace_notice_date'), table_name='workplace_notice')
    op.drop_table('workplace_notice')
    op.drop_table('workplace_hours')
    op.drop_table('workplace_exception')
    op.drop_table('workplace_contact')
    op.drop_index(op.f('ix_web_session_user_id'), table_name='web_session')
    op.drop_table('web_session')
    op.drop_index('uq_teacher_post_now', table_name='teacher_post', postgresql_where=sa.text('until IS NULL'))
    op.drop_index(op.f('ix_teacher_post_user_id'), table_name='teacher_post')
    op.drop_index(op.f('ix_teacher_post_school_id'), table_name='teacher_post')
    op.drop_table('teacher_post')
    op.drop_table('slot')
    op.drop_index(op.f('ix_school_class_school_id'), table_name='school_class')
    op.drop_table('school_class')
    op.drop_index('uq_message_workplace', table_name='message', postgresql_where=sa.text('workplace_id IS NOT NULL'))
    op.drop_index('uq_message_user', table_name='message', postgresql_where=sa.text('user_id IS NOT NULL'))
    op.drop_index('ix_message_unsent', table_name='message', postgresql_where=sa.text("status IN ('created', 'sending', 'unknown')"))
    op.drop_index('ix_message_subject', table_name='message')
    op.drop_index(op.f('ix_message_provider_ref'), table_name='message')
    op.drop_table('message')
    op.drop_table('bundle')
    op.drop_index('uq_allocation_run_published', table_name='allocation_run', postgresql_where=sa.text("status = 'published'"))
    op.drop_index('uq_allocation_run_active', table_name='allocation_run', postgresql_where=sa.text("status IN ('queued', 'solving')"))
    op.drop_index(op.f('ix_allocation_run_term_id'), table_name='allocation_run')
    op.drop_table('allocation_run')
    op.drop_index(op.f('ix_access_entry_user_id'), table_name='access_entry')
    op.drop_table('access_entry')
    op.drop_table('workplace')
    op.drop_table('throttle')
    op.drop_index('uq_term_current', table_name='term', postgresql_where=sa.text('is_current'))
    op.drop_table('term')
    op.drop_table('school')
    op.drop_index(op.f('ix_receipt_ref'), table_name='receipt')
    op.drop_index(op.f('ix_receipt_provider_ref'), table_name='receipt')
    op.drop_table('receipt')
    op.drop_index('uq_job_open', table_name='job', postgresql_where=sa.text('done_at IS NULL'))
    op.drop_index('ix_job_due', table_name='job', postgresql_where=sa.text('done_at IS NULL'))
    op.drop_table('job')
    op.drop_index('ix_history_entry_subject', table_name='history_entry')
    op.drop_table('history_entry')
    op.drop_table('heartbeat')
    op.drop_table('coach')
    op.drop_table('centre')
    op.drop_table('app_user')
