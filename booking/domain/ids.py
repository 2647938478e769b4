"""Typed identifiers: a workplace's number can never be passed where a school's is meant (checked by mypy)."""

from __future__ import annotations

from typing import NewType

TermId = NewType("TermId", int)
SlotId = NewType("SlotId", int)
SchoolId = NewType("SchoolId", int)
ClassId = NewType("ClassId", int)
UserId = NewType("UserId", int)
WorkplaceId = NewType("WorkplaceId", int)
CoachId = NewType("CoachId", int)
RequestId = NewType("RequestId", int)
BundleId = NewType("BundleId", int)
RunId = NewType("RunId", int)
ProposalId = NewType("ProposalId", int)
VisitId = NewType("VisitId", int)
GroupId = NewType("GroupId", int)
OfferId = NewType("OfferId", int)
NoticeId = NewType("NoticeId", int)
MessageId = NewType("MessageId", int)
JobId = NewType("JobId", int)
SchoolDayId = NewType("SchoolDayId", int)
SchoolImportId = NewType("SchoolImportId", int)
DraftId = NewType("DraftId", int)
ChangeReportId = NewType("ChangeReportId", int)
SearchId = NewType("SearchId", int)
HandChangeId = NewType("HandChangeId", int)
ProgrammeId = NewType("ProgrammeId", int)
SessionId = NewType("SessionId", int)
EntryId = NewType("EntryId", int)
DrillId = NewType("DrillId", int)
ReportId = NewType("ReportId", int)
SandboxId = NewType("SandboxId", int)
DispatchId = NewType("DispatchId", int)
PartyId = NewType("PartyId", int)
RemarkId = NewType("RemarkId", int)

ALL = (
    TermId,
    SlotId,
    SchoolId,
    ClassId,
    UserId,
    WorkplaceId,
    CoachId,
    RequestId,
    BundleId,
    RunId,
    ProposalId,
    VisitId,
    GroupId,
    OfferId,
    NoticeId,
    MessageId,
    JobId,
    SchoolDayId,
    SchoolImportId,
    DraftId,
    ChangeReportId,
    SearchId,
    HandChangeId,
    ProgrammeId,
    SessionId,
    EntryId,
    DrillId,
    ReportId,
    SandboxId,
    DispatchId,
    PartyId,
    RemarkId,
)
