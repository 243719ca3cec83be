"""What a run found, as a page that a browser shows: `report.html`."""
