"""What if the patient, the treatment, the stance or the evidence were another."""
