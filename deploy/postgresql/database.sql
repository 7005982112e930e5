-- CREATEDB is for the nightly drill, which brings the backup back beside the database.
CREATE ROLE pondkeeper LOGIN CREATEDB PASSWORD '${database_password}';
CREATE DATABASE pondkeeper OWNER pondkeeper ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
