"""Raw trial captures to SDTM, ADaM, XPT and define.xml."""

# when the collector of circles looks: libraries are loaded and frames come and go by the thousand, and hardly
# any is in a circle
COLLECTED = (100_000, 50, 100)
