"""Demand, publication, enrolment, eligibility (采购项目). May import core … credit."""
