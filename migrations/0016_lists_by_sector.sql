-- The companies of a sector come by their revenue: without this, those of all sectors are read until enough have the right
-- one. Where a sector alone is asked for it serves as the former index did.
drop index companies_sector;
create index companies_sector on companies (sector_key, annual_revenue_minor, id) where deleted_at is null;
