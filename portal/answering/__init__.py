"""Taking part without an account: partners, volunteers and clients behind a signed link."""
