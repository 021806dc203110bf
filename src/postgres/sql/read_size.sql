-- With indexes and what is stored apart from its row. A view takes no room.
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
FROM pg_class c WHERE c.relnamespace = to_regnamespace($1) AND c.relkind = 'r'
