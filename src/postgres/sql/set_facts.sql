SELECT @schema@.set_fact(fact.name, fact.value)
  FROM unnest($1::text[], $2::bigint[]) AS fact (name, value)
