DROP VIEW audit.notices;
DROP VIEW audit.reports;
DROP TABLE erasures;
DROP TABLE disclosures;
DROP TABLE notices;
DROP TABLE vault;
DROP TABLE reports;
