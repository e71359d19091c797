-- The rights of the application's own database user. Run as the owner after every migration, in the application's
-- database; it prints the statements, which are then run:
--   mariadb -N tianwang < deploy/mysql-grants.sql | mariadb tianwang
-- The owner (who may change tables) migrates: DATABASE_URL=mysql://owner:…@… npm run migrate. The server itself runs as
-- 'tianwang_app' and can neither change nor remove a row of the audit or of what was said about irregularities, nor their triggers.
SELECT CONCAT(
  'GRANT ',
  CASE
    WHEN table_name IN ('audit_entries', 'audit_cuts', 'oversight_evidence', 'oversight_steps') THEN 'SELECT, INSERT'
    WHEN table_name = 'audit_head' THEN 'SELECT, UPDATE'
    WHEN table_name = 'schema_migrations' THEN 'SELECT, CREATE'
    ELSE 'SELECT, INSERT, UPDATE, DELETE'
  END,
  ' ON `', table_schema, '`.`', table_name, '` TO ''tianwang_app''@''%'';'
)
FROM information_schema.tables
WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE';
