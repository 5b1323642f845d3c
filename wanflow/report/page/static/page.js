// What every view of the page does: follows changes, keeps scroll and focus, shows the keys.
