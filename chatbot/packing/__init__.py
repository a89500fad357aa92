"""What a customer takes along: gathered, written as JSON, CSV and PDF, and put into one ZIP file."""
