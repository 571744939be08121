"""Register 2: agencies (机构), their services, qualifications, practitioners and checks. May import core … matters."""
