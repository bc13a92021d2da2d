"""Who is on the film: the patient of a header, found again by blind index or made."""

import json

from accounts.models import Site
from accounts.services.keys import blind_index, patient_key_create
from imaging.dicom.values import PatientHeader
from imaging.models import Patient


def patient_of(header: PatientHeader, *, site: Site) -> Patient:
    """The patient of that PatientID and issuer; without a PatientID a new one, with a key of their own."""
    organisation, identity = site.organisation, patient_identity(header, site=site)
    known = Patient.objects.filter(organisation=organisation, identity_index=identity).first() if identity else None
    if known is not None:
        return known
    patient = Patient(
        organisation=organisation,
        patient_id=header.patient_id,
        issuer_of_patient_id=header.issuer_of_patient_id,
        name=header.patient_name,
        birth_date=header.patient_birth_date,
        sex=header.patient_sex,
        patient_id_index=blind_index(organisation.id, "patient_id", header.patient_id),
        identity_index=identity,
    )
    patient_key_create(organisation.id, patient.id)
    patient.save(force_insert=True)
    return patient


def patient_identity(header: PatientHeader, *, site: Site) -> str | None:
    """Blind index of PatientID with its issuer; a number without an issuer counts within its site only."""
    if not header.patient_id.strip():
        return None
    issuer = header.issuer_of_patient_id.strip() or f"site {site.id}"
    value = json.dumps([issuer, header.patient_id.strip()], ensure_ascii=False)
    return blind_index(site.organisation_id, "patient_identity", value)
