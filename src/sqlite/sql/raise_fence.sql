INSERT INTO facts (name, value) VALUES ('fence', 1) ON CONFLICT (name) DO UPDATE SET value = value + 1
