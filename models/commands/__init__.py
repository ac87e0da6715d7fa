"""The commands: the only functions that change a firm. People, automations, schedules and imports all call these."""
