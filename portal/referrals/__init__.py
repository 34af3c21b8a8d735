"""Referrals: the closed loop from the advisor's click to the reviewed answer."""
