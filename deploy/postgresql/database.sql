CREATE ROLE pondkeeper LOGIN PASSWORD '${database_password}';
CREATE DATABASE pondkeeper OWNER pondkeeper ENCODING 'UTF8' LOCALE 'C.UTF-8' TEMPLATE template0;
