-- One file is one request: all of it is shown to the approvers, and all of it runs or nothing.
UPDATE customers SET tier = 'gold' WHERE city = 'Leeds';
UPDATE customers SET tier = 'silver' WHERE tier = 'basic' AND city = 'York';
